import Foundation
import Testing

extension IntegrationTests {
    /// An endpoint without a cloud is an address of the gateway in the consumer's network.
    @Suite("Embedded private links", .onlyWithNetworks)
    struct EmbeddedEndpointTests {
        @Test("Of two consumers with the same address the approved one is served, the other denied")
        func approval() throws {
            let gate = try EmbeddedGate(a: "available", b: "pendingAcceptance")
            let approved = try gate.site.a.inside { try MySQLClient.query("SELECT 42", at: gate.a) }
            #expect(approved.output == "42\n", "\(approved.errorOutput)")
            let pending = try gate.site.b.inside { try MySQLClient.query("SELECT 42", at: gate.b) }
            #expect(pending.errorOutput.contains("not approved yet"), "\(pending.errorOutput)")

            let lines = try gate.sluice.accessLines(count: 2)
            #expect(lines.map(\.endpoint) == ["consumer-a", "consumer-b"])
            #expect(lines.map(\.verdict) == ["allow", "deny"])
            #expect(lines[1].reason == "endpointPendingAcceptance")
            #expect(lines.allSatisfy { $0.clientHost == ConsumerNetwork.client })
        }

        @Test("Approval flips to rejected while a query runs: its session closes")
        func revocation() throws {
            let gate = try EmbeddedGate(a: "available", b: "available")
            let database = gate.site.warehouse.database
            let doomed = try gate.site.a.inside { try RunningQuery("doomed", at: gate.a) }
            let other = try gate.site.b.inside { try RunningQuery("other", at: gate.b) }
            try doomed.waitUntilServed(by: database)
            let session = try other.waitUntilServed(by: database)

            try gate.requestReload(a: "rejected", b: "available")
            let ended = try doomed.result()
            #expect(ended.errorOutput.contains("Lost connection"), "\(ended.errorOutput)")
            let line = try gate.sluice.accessLine()
            #expect(line.endpoint == "consumer-a")
            #expect(line.end == "revoked")
            #expect(line.reason == "endpointRejected")

            // The other's goes on, and still carries what the database has to say.
            #expect(try other.session(in: database) == session)
            #expect(other.isRunning)
            try database.administer("KILL QUERY \(session)")
            let words = try other.result().errorOutput
            #expect(words.contains("Query execution was interrupted"), "\(words)")
            let lines = try gate.sluice.accessLines(count: 2)
            // Whichever of the two has connected first.
            #expect(lines.first { $0.endpoint == "consumer-b" }?.end == "finished")
        }

        @Test("A consumer that is rejected cannot come back; one that is approved again can")
        func again() throws {
            let gate = try EmbeddedGate(a: "available", b: "available")
            for (state, output) in [("rejected", ""), ("available", "42\n")] {
                try gate.requestReload(a: state, b: "available")
                try wait(for: "consumer-a to be \(state)") {
                    try gate.site.a.inside {
                        try MySQLClient.query("SELECT 42", at: gate.a).output == output
                    }
                }
                let other = try gate.site.b.inside {
                    try MySQLClient.query("SELECT 42", at: gate.b)
                }
                #expect(other.output == "42\n", "\(other.errorOutput)")
            }
        }

        @Test("From another of the gateway's networks there is no way through an endpoint")
        func foreign() throws {
            let gate = try EmbeddedGate(a: "available", b: "available")
            for endpoint in [gate.a, gate.b] {
                let failure = try gate.site.user.inside {
                    try Curl.get(at: endpoint, ["--connect-timeout", "2"])
                }
                // That nobody answered in time; without a route it would be 7.
                #expect(failure.exitStatus == 28)
            }
            #expect(try gate.sluice.accessLog().isEmpty)
        }

        @Test("A limit for each source counts equal addresses apart")
        func limit() throws {
            let limits = "limits: { connectionsPerSource: 1 }"
            let gate = try EmbeddedGate(a: "available", b: "available", settings: [limits])
            let first = try gate.site.a.inside { try RunningQuery("first", at: gate.a) }
            try first.waitUntilServed(by: gate.site.warehouse.database)
            let second = try gate.site.a.inside { try MySQLClient.query("SELECT 42", at: gate.a) }
            #expect(second.errorOutput.contains("1040"), "\(second.errorOutput)")
            let other = try gate.site.b.inside { try MySQLClient.query("SELECT 42", at: gate.b) }
            #expect(other.output == "42\n", "\(other.errorOutput)")
        }

        @Test("Sessions of equal addresses are listed, and closed, by their endpoints")
        func sessions() throws {
            let gate = try EmbeddedGate(a: "available", b: "available")
            let database = gate.site.warehouse.database
            let listed = try gate.site.a.inside { try RunningQuery("listed", at: gate.a) }
            let other = try gate.site.b.inside { try RunningQuery("other", at: gate.b) }
            try listed.waitUntilServed(by: database)
            let session = try other.waitUntilServed(by: database)

            let table = try gate.site.operate(gate.sluice, ["sessions"]).output
            #expect(table.components(separatedBy: "\(ConsumerNetwork.client):").count == 3)
            #expect(table.contains("consumer-a") && table.contains("consumer-b"), "\(table)")
            let filter = ["--endpoint", "consumer-a", "--source", ConsumerNetwork.client]
            let closed = try gate.site.operate(gate.sluice, ["sessions", "close"] + filter)
            #expect(closed.output.hasSuffix("closed 1 session\n"), "\(closed)")

            #expect(try listed.result().errorOutput.contains("Lost connection"))
            #expect(try other.session(in: database) == session)
            let line = try gate.sluice.accessLine()
            #expect(line.endpoint == "consumer-a")
            #expect(line.end == "closedByOperator")
        }
    }
}
