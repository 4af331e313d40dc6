import Time

/// The metrics of the control plane.
extension PrometheusText {
    mutating func appendControlPlane(_ control: ControlPlaneStatus) {
        appendRequests(control)
        appendStreams(control.streams)
        appendNotices(control.notices)
        appendStore(control)
        appendAuditExport(control.auditExport)
        appendCertificate(control.certificate)
        appendNames(control.names, control.queries)
        appendManagedCertificates(control.managedCertificates)
        family("sluice_count_series", .gauge, "Series of counts per minute.") {
            $0.sample(control.countSeries)
        }
        family(
            "sluice_count_series_omitted",
            .gauge,
            "Series with traffic that are not counted per minute."
        ) { $0.sample(control.omittedCountSeries) }
    }

    private mutating func appendRequests(_ control: ControlPlaneStatus) {
        family("sluice_management_requests_total", .counter, "Requests to the management API.") {
            family in
            let requests = control.requests.map { request, count in
                let labels = [
                    "method": request.method, "route": request.route,
                    "status": "\(request.statusClass)xx",
                ]
                return (labels, count)
            }
            let sorted = requests.sorted { first, second in
                ["route", "method", "status"].lazy.map { (first.0[$0] ?? "", second.0[$0] ?? "") }
                    .first { $0 != $1 }.map { $0 < $1 } ?? false
            }
            for (labels, count) in sorted { family.sample(count, labels) }
        }
        family(
            "sluice_management_write_duration_seconds",
            .histogram,
            "Time that requests that change something took."
        ) { family in
            let bounds = ControlPlaneStatus.Durations.bounds.map { "\($0)" } + ["+Inf"]
            var sum = 0
            for (bound, count) in zip(bounds, control.writes.buckets) {
                sum += count
                family.sample(text: "\(sum)", ["le": bound], suffix: "_bucket")
            }
            family.sample(text: "\(control.writes.seconds)", suffix: "_sum")
            family.sample(text: "\(sum)", suffix: "_count")
        }
        family(
            "sluice_management_idempotent_repeats_total",
            .counter,
            "Writes that were answered as before, because their RequestId was known."
        ) { $0.sample(control.idempotentRepeats) }
        family(
            "sluice_management_refused_credentials_total",
            .counter,
            "Requests without a valid key."
        ) { $0.samples(control.refusedCredentials.mapValues(UInt64.init), "reason", [:]) }
        family(
            "sluice_management_rate_limited_writes_total",
            .counter,
            "Writes refused because a key wrote too often."
        ) { $0.sample(control.rateLimitedWrites) }
    }

    private mutating func appendStreams(_ streams: ControlPlaneStatus.Streams) {
        family("sluice_event_streams", .gauge, "Open streams of events.") {
            $0.sample(streams.open)
        }
        family("sluice_event_streams_refused_total", .counter, "Streams refused for want of room.")
        { $0.sample(streams.refused) }
        family("sluice_events_sent_total", .counter, "Events for clients of streams.") { family in
            for kind in EventKind.allCases {
                family.sample(streams.sent[kind] ?? 0, ["type": kind.rawValue])
            }
        }
        family("sluice_events_lost_total", .counter, "Events that slow clients lost.") { family in
            for kind in EventKind.allCases {
                family.sample(streams.lost[kind] ?? 0, ["type": kind.rawValue])
            }
        }
    }

    private mutating func appendNotices(_ notices: ControlPlaneStatus.Notices) {
        family("sluice_notices", .gauge, "Notices that stand.") { family in
            for severity in NoticeSeverity.allCases {
                family.sample(notices.standing[severity] ?? 0, ["severity": severity.rawValue])
            }
        }
        let webhooks = notices.deliveries.sorted { $0.key < $1.key }
        guard !webhooks.isEmpty else { return }
        family("sluice_webhook_deliveries_total", .counter, "Notices that left a webhook's queue.")
        {
            family in
            for (name, counts) in webhooks {
                for (result, count) in [
                    ("delivered", counts.delivered), ("abandoned", counts.abandoned),
                    ("superseded", counts.superseded), ("dropped", counts.dropped),
                ] {
                    family.sample(count, ["webhook": name, "result": result])
                }
            }
        }
        family("sluice_webhook_failed_attempts_total", .counter, "Attempts to deliver that failed.")
        { family in
            for (name, counts) in webhooks {
                family.sample(counts.failedAttempts, ["webhook": name])
            }
        }
        family("sluice_webhook_queue", .gauge, "Notices that wait for a webhook.") { family in
            for (name, counts) in webhooks { family.sample(counts.waiting, ["webhook": name]) }
        }
    }

    private mutating func appendStore(_ control: ControlPlaneStatus) {
        if let store = control.store {
            if let bytes = store.byteCount {
                family("sluice_store_size_bytes", .gauge, "Size of the store and its log.") {
                    $0.sample(bytes)
                }
            }
            family("sluice_store_revision", .gauge, "Revision of the stored policy.") {
                $0.sample(store.revision)
            }
            family("sluice_keys", .gauge, "Keys of the management API.") { $0.sample(store.keys) }
            family("sluice_audit_number", .gauge, "Number of the audit's last record.") {
                $0.sample(store.auditNumber)
            }
        }
        family("sluice_store_lost", .gauge, "1 while the store cannot be used.") {
            $0.sample(control.isStoreLost ? 1 : 0)
        }
        family("sluice_outbound_listeners_closed", .gauge, "Outbound ports that cannot be opened.")
        {
            $0.sample(control.closedListeners)
        }
        let failures = control.writeFailures
        family("sluice_store_write_failures_total", .counter, "Writes that the store refused.") {
            $0.sample(failures.count)
        }
        family("sluice_store_write_failing", .gauge, "1 if the last write to the store failed.") {
            $0.sample(failures.isFailing ? 1 : 0)
        }
        family(
            "sluice_store_last_write_failure_timestamp_seconds",
            .gauge,
            "Time of the last failed write, in seconds since 1970."
        ) { family in
            if let moment = failures.lastAt { family.sample(moment.seconds) }
        }
    }

    private mutating func appendCertificate(_ certificate: CertificateStatus?) {
        guard let certificate else { return }
        family(
            "sluice_management_certificate_expiry_timestamp_seconds",
            .gauge,
            "End of the life of the management address's certificate, in seconds since 1970."
        ) { $0.sample(certificate.expiresAt.seconds) }
    }

    private mutating func appendManagedCertificates(_ certificates: [ManagedCertificate]) {
        guard !certificates.isEmpty else { return }
        family(
            "sluice_acme_certificate_expiry_timestamp_seconds",
            .gauge,
            "End of the life of a certificate obtained by ACME, in seconds since 1970."
        ) { family in
            for certificate in certificates {
                guard let end = certificate.expiresAt else { continue }
                family.sample(end.seconds, ["names": certificate.names.joined(separator: ",")])
            }
        }
        family(
            "sluice_acme_certificate_failed_attempts",
            .gauge,
            "Attempts in a row to obtain or renew a certificate that have failed."
        ) { family in
            for certificate in certificates {
                let names = certificate.names.joined(separator: ",")
                family.sample(certificate.failures, ["names": names])
            }
        }
    }

    private mutating func appendAuditExport(_ export: ControlPlaneStatus.AuditExport?) {
        guard let export else { return }
        family("sluice_audit_export_connected", .gauge, "1 while the syslog receiver is connected.")
        { $0.sample(export.isConnected ? 1 : 0) }
        family("sluice_audit_export_sent_total", .counter, "Audit records sent to syslog.") {
            $0.sample(export.sent)
        }
        family("sluice_audit_export_dropped_total", .counter, "Audit records not sent to syslog.") {
            $0.sample(export.dropped)
        }
        family("sluice_audit_export_number", .gauge, "Number of the last audit record sent.") {
            $0.sample(export.lastNumber)
        }
    }
}
