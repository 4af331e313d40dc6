import Operations
import Store
import Testing
import Time

@testable import Control

@Suite("Counts and metrics over the API")
struct CountRoutesTests {
    private func count(_ served: ServedEvents) {
        let listeners = ["A", "B", nil].map { warehouse in
            var listener = ListenerStatus()
            (listener.warehouse, listener.accepted) = (warehouse, 7)
            return listener
        }
        served.plane.counts.record(listeners, at: .systemTime)
    }

    @Test("A key sees the series of its warehouses")
    func scope() async throws {
        try await ServedEvents.run { served in
            count(served)
            let all = try await served.key("all", .read)
            let one = try await served.key("b", .read, warehouses: ["B"])
            let everything = try served.request("/v1/counts", key: all.secret)
            #expect(try await everything.expect(#""success":true"#))
            #expect(everything.text.contains(#""warehouse":"A""#))
            let own = try served.request("/v1/counts?since=1h&step=5m", key: one.secret)
            #expect(try await own.expect(#""stepSeconds":300"#))
            #expect(own.text.contains(#""warehouse":"B""#))
            #expect(own.text.contains(#""accepted":[7]"#) && !own.text.contains(#""A""#))
        }
    }

    @Test(
        "Invalid requests name what is wrong",
        arguments: [
            ("step=90s", "400", "step"), ("step=0m", "400", "step"), ("step=25h", "400", "step"),
            ("since=soon", "400", "since"), ("stp=5m", "400", "stp"), ("warehouse=A", "404", "A"),
            ("warehouse=", "404", "Warehouse"),
        ]
    )
    func invalid(_ query: String, _ status: String, _ word: String) async throws {
        try await ServedEvents.run { served in
            let key = try await served.key("b", .read, warehouses: ["B"])
            let client = try served.request("/v1/counts?\(query)", key: key.secret)
            #expect(try await client.expect("HTTP/1.1 \(status)"))
            #expect(try await client.expect(#""success":false"#) && client.text.contains(word))
        }
    }

    @Test("Metrics have the route of each request, and refused keys, whose secrets are nowhere")
    func metrics() async throws {
        try await ServedEvents.run { served in
            let wrong = "sk-" + String(repeating: "z", count: 43)
            let refused = try served.request("/v1/keys/abc", key: wrong)
            #expect(try await refused.expect("HTTP/1.1 401"))
            let unknown = try served.request("/v1/\(wrong)", key: wrong)
            #expect(try await unknown.expect("HTTP/1.1 404"))
            let page = try served.request("/metrics", key: wrong)
            #expect(try await page.expect("process_start_time_seconds "))
            let name = "sluice_management_requests_total"
            #expect(
                page.text.contains(#"\#(name){method="GET",route="/v1/keys/{key}",status="4xx"} 1"#)
            )
            #expect(page.text.contains(#"\#(name){method="GET",route="unknown",status="4xx"} 1"#))
            #expect(page.text.contains(#"refused_credentials_total{reason="unknown"} 1"#))
            #expect(page.text.contains("sluice_keys 0") && !page.text.contains("zzz"))
            #expect(served.reports.all.map(\.subject) == ["credentials unknown"])
            #expect(served.reports.all.allSatisfy { !$0.sentence.contains("zzz") })
        }
    }
}
