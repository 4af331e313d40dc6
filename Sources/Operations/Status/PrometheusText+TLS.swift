import Time

extension PrometheusText {
    mutating func appendTLS(_ status: TLSStatus) {
        guard !status.certificates.isEmpty else { return }
        family(
            "sluice_tls_handshakes_started_total",
            .counter,
            "TLS handshakes begun with clients."
        ) {
            $0.sample(status.started)
        }
        family("sluice_tls_handshakes_total", .counter, "TLS handshakes completed with clients.") {
            $0.sample(status.full, ["resumed": "false"])
            $0.sample(status.resumed, ["resumed": "true"])
        }
        family(
            "sluice_tls_handshake_failures_total",
            .counter,
            "TLS handshakes with clients that failed, by cause."
        ) {
            for (cause, count) in status.failures.sorted(by: { $0.key < $1.key }) {
                $0.sample(count, ["cause": cause])
            }
        }
        if let kernel = status.kernel { appendKernelTLS(kernel) }
        family(
            "sluice_tls_certificate_expiry_timestamp_seconds",
            .gauge,
            "When a listener's certificate expires, in seconds since 1970."
        ) {
            for certificate in status.certificates {
                let labels = [
                    "listener": certificate.listener, "name": certificate.names.first ?? "",
                    "fingerprint": certificate.fingerprint,
                ]
                $0.sample(certificate.expiresAt.seconds, labels)
            }
        }
    }

    private mutating func appendKernelTLS(_ status: KernelTLSStatus) {
        family(
            "sluice_tls_kernel_connections_total",
            .counter,
            "Connections whose TLS records the kernel reads or writes."
        ) {
            $0.sample(status.readingCount, ["direction": "read"])
            $0.sample(status.writingCount, ["direction": "write"])
        }
        family(
            "sluice_spliced_bytes_total",
            .counter,
            "Bytes that the kernel moved from one connection to another."
        ) {
            $0.sample(status.splicedByteCount)
        }
    }
}
