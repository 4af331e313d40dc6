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
}
