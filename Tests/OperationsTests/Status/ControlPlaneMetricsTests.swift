import Operations
import Testing
import Time

@Suite("The metrics of the control plane")
struct ControlPlaneMetricsTests {
    private func page(_ control: ControlPlaneStatus) throws -> ExpositionReader {
        try ExpositionReader(PrometheusText(GatewayStatus(), control: control).description)
    }

    @Test("Requests are counted by method, route and class of status, all of them bounded")
    func requests() throws {
        var control = ControlPlaneStatus()
        for (method, route, status) in [
            ("GET", "/v1/keys", 200), ("GET", "/v1/keys", 204), ("POST", "/v1/keys", 503),
            ("BREW", nil, 404), ("PROPFIND", nil, 404),
        ] as [(String, String?, Int)] {
            control.record(
                .init(method: method, route: route, status: status),
                duration: .milliseconds(1)
            )
        }
        let page = try page(control)
        let name = "sluice_management_requests_total"
        #expect(page.value(name, ["method": "GET", "route": "/v1/keys", "status": "2xx"]) == 2)
        #expect(page.value(name, ["method": "POST", "route": "/v1/keys", "status": "5xx"]) == 1)
        #expect(page.value(name, ["method": "other", "route": "unknown", "status": "4xx"]) == 2)
    }

    @Test("Durations of writes are a histogram, whose buckets add up")
    func durations() throws {
        var control = ControlPlaneStatus()
        for milliseconds in [1, 5, 30, 400, 9_000] {
            control.record(
                .init(method: "POST", route: "/v1/keys", status: 201),
                duration: .milliseconds(milliseconds)
            )
        }
        control.record(.init(method: "GET", route: "/v1/keys", status: 200), duration: .seconds(1))
        let page = try page(control)
        let name = "sluice_management_write_duration_seconds"
        let buckets = ["0.005", "0.025", "0.1", "0.5", "2.5", "+Inf"].map {
            page.value("\(name)_bucket", ["le": $0])
        }
        #expect(buckets == [2, 2, 3, 4, 4, 5])
        #expect(page.value("\(name)_count") == 5)
        #expect(abs((page.value("\(name)_sum") ?? 0) - 9.436) < 0.000_1)
    }

    @Test("Streams, store and export have their numbers, if they exist")
    func parts() throws {
        var control = ControlPlaneStatus()
        control.refusedCredentials = ["unknown": 3]
        control.streams.open = 2
        control.streams.lost = [.denials: 7]
        #expect(try page(control).value("sluice_keys") == nil)
        #expect(try page(control).value("sluice_audit_export_connected") == nil)
        control.store = .init(byteCount: 4_096, revision: 12, keys: 3, auditNumber: 44)
        control.writeFailures.lastAt = UnixTime(seconds: 1_000)
        control.writeFailures.isFailing = true
        control.auditExport = .init()
        let page = try page(control)
        #expect(page.value("sluice_event_streams") == 2)
        #expect(page.value("sluice_events_lost_total", ["type": "denials"]) == 7)
        #expect(page.value("sluice_events_lost_total", ["type": "status"]) == 0)
        #expect(page.value("sluice_store_size_bytes") == 4_096)
        #expect(page.value("sluice_store_revision") == 12 && page.value("sluice_keys") == 3)
        #expect(page.value("sluice_audit_number") == 44)
        #expect(page.value("sluice_store_write_failing") == 1)
        #expect(page.value("sluice_store_last_write_failure_timestamp_seconds") == 1_000)
        #expect(page.value("sluice_audit_export_connected") == 0)
        let refused = "sluice_management_refused_credentials_total"
        #expect(page.value(refused, ["reason": "unknown"]) == 3)
    }

    @Test("Certificates obtained by ACME have their end and their failures, by name")
    func managedCertificates() throws {
        #expect(
            !PrometheusText(GatewayStatus(), control: ControlPlaneStatus()).description
                .contains("sluice_acme")
        )
        var control = ControlPlaneStatus()
        var valid = ManagedCertificate(
            names: ["a.example", "*.a.example"],
            challenge: "dns-01",
            state: .valid
        )
        valid.expiresAt = UnixTime(seconds: 1_900_000_000)
        let none = ManagedCertificate(
            names: ["b.example"],
            challenge: "http-01",
            state: .failing,
            failures: 3
        )
        control.managedCertificates = [valid, none]
        let page = try page(control)
        let end = "sluice_acme_certificate_expiry_timestamp_seconds"
        #expect(page.value(end, ["names": "a.example,*.a.example"]) == 1_900_000_000)
        #expect(page.value(end, ["names": "b.example"]) == nil)
        let failures = "sluice_acme_certificate_failed_attempts"
        #expect(page.value(failures, ["names": "a.example,*.a.example"]) == 0)
        #expect(page.value(failures, ["names": "b.example"]) == 3)
    }
}
