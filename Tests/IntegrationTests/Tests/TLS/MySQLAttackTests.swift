import Foundation
import Testing

extension IntegrationTests {
    /// MySQL clients and servers that mean harm, or stop in the middle of a login.
    @Suite("Attackers and MySQL logins")
    struct MySQLAttackTests {
        private struct Crowd: Decodable {
            var closed: Int
            /// Seconds until the last one was closed.
            var longest: Double
            /// The most descriptors that the gateway had.
            var held: Int
            /// The most memory that it had beyond what it had before, in bytes.
            var grown: Int
            var asked: Int
            var served: Int
            /// Seconds that an honest client had to wait at most.
            var slowest: Double
        }

        private struct Visit: Decodable { var served: Bool }

        /// A gateway before an honest server, one that never greets, and one that does what the
        /// user's name says.
        private struct Site {
            static let script = Programs.testFile("TLSClients/mysql_attacks.py")

            let listen: Endpoint
            let authority: CertificateAuthority
            let sluice: SluiceProcess
            let database: MariaDBServer
            let servers: ChildProcess

            init() throws {
                authority = try CertificateAuthority.shared.get()
                database = try MariaDBServer(options: [
                    "--skip-name-resolve", "--max-connections=100",
                ])
                try database.administer("CREATE USER nobody@'%'")
                let (mute, hostile) = (try Endpoint.free(), try Endpoint.free())
                servers = try ChildProcess(
                    "python3",
                    [Self.script, "servers", "\(mute.port)", "\(hostile.port)"],
                    folder: try TemporaryFolder()
                )
                listen = try .free()
                let pair = try authority.issue("gw.example")
                var file = GatewayFile()
                file.hasFirst = false
                let backends = [("GOOD", database.endpoint), ("MUTE", mute), ("EVIL", hostile)]
                file.settings =
                    TLSGate.settings([pair]) + [
                        "timeouts: { header: 5s, handshake: 5s }",
                        "listeners:", "  - protocol: mysql", "    listen: \"\(listen)\"",
                        "    tls: on", "    routes:",
                    ]
                    + backends.map { "      - { userSuffix: \($0.0), warehouse: \($0.0) }" }
                file.others = backends.map { id, backend in
                    WarehouseFile(
                        id: id,
                        whitelist: "{ mode: anywhere }",
                        settings: [
                            "services:", "  mysql:", "    backends: [ \"\(backend)\" ]",
                            "    healthCheck: off",
                        ],
                        listeners: []
                    )
                }
                sluice = try SluiceProcess(file)
                try wait(for: "the servers") { [servers] in servers.output.contains("ready") }
            }

            func run<Result: Decodable>(_ arguments: [String]) throws -> Result {
                let result = try runProgram(
                    "python3",
                    [Self.script] + arguments,
                    within: .seconds(110)
                )
                guard result.status == 0 else { throw HarnessError(result.errorOutput) }
                return try JSONDecoder().decode(Result.self, from: Data(result.output.utf8))
            }

            /// A crowd of all kinds, which must be closed in time, while others are served.
            func expectHarmless(_ kinds: [String], _ count: Int, of suffix: String) throws {
                let descriptors = sluice.descriptorCount
                let found: Crowd = try run([
                    "crowd", kinds.joined(separator: ","), "\(count)", "\(listen)", suffix,
                    authority.certificate, "\(sluice.process.identifier)",
                ])
                #expect(found.closed == count, "\(found)")
                #expect(found.asked > 0 && found.served == found.asked, "\(found)")
                // A handshake, and then a login: each has its deadline.
                #expect(found.longest < 40 && found.slowest < 30, "\(found)")
                #expect(found.held > 200 && found.grown < 64 << 20, "\(found)")
                try wait(for: "\(descriptors) descriptors") {
                    sluice.descriptorCount <= descriptors + 2
                }
            }

            /// The same again and again: what one has used stays with the allocator, for the next.
            func expectHarmlessRepeatedly(
                _ kinds: [String],
                _ count: Int,
                of suffix: String
            ) throws {
                try expectHarmless(kinds, count, of: suffix)
                let memory = try sluice.anonymousByteCount()
                try expectHarmless(kinds, count, of: suffix)
                try wait(for: "not much more than \(memory) bytes") {
                    try sluice.anonymousByteCount() < memory + 16 << 20
                }
                #expect(sluice.process.isRunning)
            }
        }

        @Test("Clients that stop in a login are closed at their deadline, others served meanwhile")
        func clients() throws {
            let site = try Site()
            let visit: Visit = try site.run([
                "patient", "\(site.listen)", site.authority.certificate,
            ])
            #expect(visit.served, "byte by byte, but in time")
            try site.expectHarmlessRepeatedly(
                [
                    "tls no login", "tls byte by byte", "tls cut", "no login", "byte by byte",
                    "oversized", "tls oversized", "long", "many packets", "out of turn",
                ],
                1_000,
                of: "GOOD"
            )
        }

        @Test("Authentications that never end do, whoever does not want them to")
        func exchanges() throws {
            let site = try Site()
            try site.expectHarmlessRepeatedly(
                [
                    "no answer", "half an answer", "silence", "more data", "ping-pong",
                    "slow ping-pong", "half a packet", "a long packet", "silence", "no answer",
                ],
                2_000,
                of: "EVIL"
            )
        }

        @Test("A server that never greets holds nothing")
        func mute() throws {
            let site = try Site()
            try site.expectHarmless(["no answer", "tls no answer"], 500, of: "MUTE")
        }
    }
}
