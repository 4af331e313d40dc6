import Foundation
import Testing

extension IntegrationTests {
    /// Who is admitted over the public link. Each client is an address of 127.0.0.0/8.
    @Suite("The whitelist")
    struct WhitelistTests {
        /// A gateway with one TCP listener before a backend that shows whether it was dialled.
        private struct Gate {
            let backend: Acceptor
            let listener: ListenerFile
            let sluice: SluiceProcess

            init(whitelist: String) throws {
                backend = try Acceptor()
                listener = try ListenerFile("tcp", to: backend.endpoint)
                sluice = try SluiceProcess(GatewayFile(listener, whitelist: whitelist))
            }

            func admits(_ source: String) throws -> Bool {
                let client = try Connection(to: listener.listen, from: source)
                let isAdmitted: Bool = try wait(for: "a verdict on \(source)") {
                    if backend.isDialled(within: .milliseconds(10)) { return true }
                    return client.isReadable ? false : nil
                }
                guard isAdmitted else {
                    #expect(try client.receiveToEnd().bytes.isEmpty)
                    #expect(!backend.isDialled(within: .zero))
                    return false
                }
                let session = try backend.accept()
                try session.send("in")
                return try client.receiveText(byteCount: 2) == "in"
            }
        }

        @Test("Mode anywhere admits all clients")
        func anywhere() throws {
            let gate = try Gate(whitelist: "{ mode: anywhere }")
            #expect(try gate.admits("127.0.0.1"))
            #expect(try gate.admits("127.200.1.2"))
        }

        @Test("Mode nowhere admits no client, and dials nothing")
        func nowhere() throws {
            let gate = try Gate(whitelist: "{ mode: nowhere, entries: [ { cidr: 127.0.0.0/8 } ] }")
            #expect(try !gate.admits("127.0.0.1"))
            let line = try gate.sluice.accessLine()
            #expect(line.reason == "linkClosed")
            #expect(line.end == "denied")
            #expect(line.backend == nil)
        }

        @Test("Mode specific admits what a rule allows, and dials nothing for others")
        func specific() throws {
            let gate = try Gate(
                whitelist: "{ mode: specific, entries: [ { cidr: 127.0.1.0/24 } ] }"
            )
            #expect(try gate.admits("127.0.1.77"))
            #expect(try !gate.admits("127.0.2.1"))

            let admitted = try gate.sluice.accessLine { $0.clientHost == "127.0.1.77" }
            #expect(admitted.rule == "127.0.1.0/24")
            let denied = try gate.sluice.accessLine { $0.clientHost == "127.0.2.1" }
            #expect(denied.verdict == "deny")
            #expect(denied.reason == "notInWhitelist")
            #expect(denied.rule == nil)
        }

        @Test("The longest matching prefix decides, whatever the order")
        func longestPrefix() throws {
            let gate = try Gate(
                whitelist: """
                    { mode: specific, entries: [
                        { cidr: 127.0.1.66/32, action: deny },
                        { cidr: 127.0.0.0/8, action: deny },
                        { cidr: 127.0.1.64/26, action: allow },
                        { cidr: 127.0.0.0/16, action: allow },
                        { cidr: 127.0.1.0/24, action: deny } ] }
                    """
            )
            #expect(try gate.admits("127.0.9.9"))
            #expect(try !gate.admits("127.0.1.1"))
            #expect(try gate.admits("127.0.1.65"))
            #expect(try !gate.admits("127.0.1.66"))
            #expect(try !gate.admits("127.1.0.1"))

            let line = try gate.sluice.accessLine { $0.clientHost == "127.0.1.66" }
            #expect(line.reason == "deniedByRule")
            #expect(line.rule == "127.0.1.66/32")
        }

        /// A gate that admits 127.0.0.7 for a few seconds more, and has done so once.
        private func gateWithEntryInForce() throws -> (Gate, until: Date) {
            for seconds in [6.0, 12, 24, 48] {
                let expiry = Date(timeIntervalSinceNow: seconds)
                let gate = try Gate(
                    whitelist: """
                        { mode: specific, entries: [
                            { cidr: 127.0.0.7/32, expires: \(expiry.ISO8601Format()) } ] }
                        """
                )
                let isAdmitted = try gate.admits("127.0.0.7")
                // The entry's time is in whole seconds. If it may be over, another one is needed.
                guard Date.now < expiry.addingTimeInterval(-1) else { continue }
                #expect(isAdmitted)
                return (gate, expiry)
            }
            throw HarnessError("the machine is too slow to see the entry in force")
        }

        @Test("An entry stops admitting at its time, without a reload")
        func expiry() throws {
            let (gate, expiry) = try gateWithEntryInForce()
            try wait(for: "the entry's time", within: .seconds(60)) {
                Date.now > expiry.addingTimeInterval(1)
            }
            #expect(try !gate.admits("127.0.0.7"))
            #expect(try gate.sluice.generation() == 1)
            try wait(for: "a line on the entry in \(gate.sluice.operatorLog)") {
                gate.sluice.operatorLog.contains(
                    "whitelist entries expired: warehouse WHTEST: 127.0.0.7/32"
                )
            }
        }

        @Test("An expired deny entry lets the next shorter prefix decide")
        func expiredDeny() throws {
            let gate = try Gate(
                whitelist: """
                    { mode: specific, entries: [
                        { cidr: 127.0.0.0/8 },
                        { cidr: 127.0.0.7/32, action: deny, expires: 2020-01-01T00:00:00Z } ] }
                    """
            )
            #expect(try gate.admits("127.0.0.7"))
        }

        @Test("A file of CIDRs works like entries")
        func file() throws {
            let folder = try TemporaryFolder()
            let path = try folder.write(
                "127.0.3.0/24 an office\n\n# a comment\n127.0.4.5/32\n::1/128 the machine\n",
                to: "office.cidrs"
            )
            let gate = try Gate(whitelist: "{ mode: specific, files: [ \"\(path)\" ] }")
            #expect(try gate.admits("127.0.3.200"))
            #expect(try gate.admits("127.0.4.5"))
            #expect(try !gate.admits("127.0.4.6"))
        }

        @Test("0.0.0.0/0 does not admit IPv6, and ::/0 does not admit IPv4")
        func families() throws {
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile("tcp", at: .free("::1"), to: echo.endpoint)
            var file = GatewayFile(listener)
            file.whitelist = "{ mode: specific, entries: [ { cidr: 0.0.0.0/0 } ] }"
            let sluice = try SluiceProcess(file)
            #expect(try Connection(to: listener.listen).receiveToEnd().bytes.isEmpty)

            file.whitelist = "{ mode: specific, entries: [ { cidr: \"::/0\" } ] }"
            try sluice.reload(to: file)
            #expect(try Connection(to: listener.listen).exchange("now"))
            #expect(echo.accepted == 1)
        }
    }
}
