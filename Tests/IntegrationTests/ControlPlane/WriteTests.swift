import Foundation
import SeededRandom
import Synchronization
import Testing

extension IntegrationTests {
    /// What the answer to a write promises: it is on disk, and obeyed.
    @Suite("Writes")
    struct WriteTests {
        /// The whitelist's entries as the API takes them.
        private static let entries = "/v1/warehouses/WHTEST/whitelist/entries"

        private struct Changed: Decodable {
            var entry: Entry
            struct Entry: Decodable { var entryId: String }
        }

        /// With a list so long that a change of it must not take time in proportion. A million
        /// entries are measured by Benchmarks/policy/first_connect.py.
        @Test(
            "The first connection after the answer to a write obeys it, a thousand times in a row"
        )
        func firstConnection() throws {
            let site = try StoreSite(whitelist: "{ mode: specific, entries: [] }")
            let sluice = try site.start()
            let client = try sluice.localClient()
            let list = (0..<100_000).map { "10.\($0 >> 16).\($0 >> 8 & 255).\($0 & 255)" }
            let imported = try client.write(
                "POST",
                "/v1/warehouses/WHTEST/whitelist/import",
                #"{"text":"\#(list.joined(separator: #"\n"#))"}"#
            )
            #expect(imported.status == 200, "\(imported.body.prefix(1_000))")

            let own = "127.0.0.9"
            func expect(_ isAdmitted: Bool, after answer: ManagementClient.Answer) throws {
                try #require([200, 201].contains(answer.status), "\(answer)")
                try #require(site.admits(own) == isAdmitted, "after \(answer)")
            }
            for _ in 0..<250 {
                let added = try client.write("POST", Self.entries, #"{"cidr":"\#(own)"}"#)
                try expect(true, after: added)
                let path = "\(Self.entries)/\(try added.data(as: Changed.self).entry.entryId)"
                for (action, isAdmitted) in [("deny", false), ("allow", true)] {
                    let changed = try client.write("PATCH", path, #"{"action":"\#(action)"}"#)
                    try expect(isAdmitted, after: changed)
                }
                try expect(false, after: try client.write("DELETE", path))
            }
        }

        /// The ids of all entries, by address.
        private static func ids(by client: ManagementClient) throws -> [String: String] {
            let listed: [ListedEntry] = try client.get("\(entries)?size=1000").data()
            return Dictionary(uniqueKeysWithValues: listed.map { (address($0.cidr), $0.entryId) })
        }

        /// Without the length of the prefix, which imported entries have.
        private static func address(_ cidr: String) -> String {
            String(cidr.prefix { $0 != "/" })
        }

        /// Entries of one writer, as its last answers leave them: their ids and actions by address.
        private struct Ledger: Sendable {
            var actions: [String: String] = [:]
            var ids: [String: String] = [:]
            /// What the whitelist's part of this writer may be, if its last write was not answered.
            var pending: [String: String]?
            var answered = 0
        }

        private struct ListedEntry: Decodable {
            var entryId: String
            var cidr: String
        }

        @Test(
            "A crash at any moment loses no answered write, halves none, and enforces what is stored",
            .timeLimit(.minutes(4))
        )
        func crashes() throws {
            let seed = UInt64.random(in: .min ... .max)
            var random = SeededGenerator(seed: seed)
            let site = try StoreSite(whitelist: "{ mode: specific, entries: [] }")
            var ledgers = [Ledger](repeating: Ledger(), count: 4)
            var round = 0
            while ledgers.map(\.answered).reduce(0, +) < 1_000 {
                round += 1
                try #require(round < 200, "rounds without writes; seed \(seed)")
                let sluice = try site.start()
                try check(site, sluice, &ledgers, "round \(round), seed \(seed)")
                let writers = ledgers.enumerated().map { number, ledger in
                    Writer(number, ledger, at: sluice, seed: random.next())
                }
                pause(.milliseconds(Int.random(in: 0...400, using: &random)))
                try sluice.kill()
                ledgers = try writers.map { try $0.result() }
            }
            let sluice = try site.start()
            try check(site, sluice, &ledgers, "the end, seed \(seed)")
            let audit = try sluice.command("audit", "verify")
            #expect(audit.status == 0, "\(audit)")
        }

        /// Compares what is stored with what was answered, and what is enforced with what is stored.
        private func check(
            _ site: StoreSite,
            _ sluice: SluiceProcess,
            _ ledgers: inout [Ledger],
            _ moment: String
        ) throws {
            let stored = try sluice.exportedPolicy().warehouses[0].entries
            let actions = Dictionary(
                uniqueKeysWithValues: stored.map { (Self.address($0.cidr), $0.action ?? "allow") }
            )
            let ids = try Self.ids(by: try sluice.localClient())
            #expect(Set(ids.keys) == Set(actions.keys))
            for number in ledgers.indices {
                let own = actions.filter { $0.key.hasPrefix("127.0.\(number).") }
                let expected = [ledgers[number].actions, ledgers[number].pending].compactMap(\.self)
                try #require(expected.contains(own), "\(own), not \(expected), \(moment)")
                ledgers[number].actions = own
                ledgers[number].pending = nil
                ledgers[number].ids = ids
                for host in Writer.hosts {
                    let address = "127.0.\(number).\(host)"
                    let isAdmitted = actions[address] == "allow"
                    try #require(site.admits(address) == isAdmitted, "\(address), \(moment)")
                }
            }
            for address in ["127.0.0.1", "127.0.3.5"] {
                let command = try sluice.command(
                    "explain",
                    "--warehouse",
                    "WHTEST",
                    "--source",
                    address
                )
                let isAdmitted = actions[address] == "allow"
                #expect(command.status == (isAdmitted ? 0 : 1), "\(command), \(moment)")
            }
        }

        /// Writes on a thread of its own, one after the other, until the gateway is gone.
        private final class Writer: Sendable {
            /// Last numbers of its addresses.
            static let hosts = 1...6

            private let outcome = Mutex<Result<Ledger, any Error>?>(nil)

            init(_ number: Int, _ ledger: Ledger, at sluice: SluiceProcess, seed: UInt64) {
                inThread { [self] in
                    var ledger = ledger
                    let result = Result {
                        try Self.write(as: number, &ledger, at: sluice, seed: seed)
                        return ledger
                    }
                    outcome.withLock { $0 = result }
                }
            }

            func result() throws -> Ledger {
                try wait(for: "a writer's end") { outcome.withLock { $0 } }.get()
            }

            private static func write(
                as number: Int,
                _ ledger: inout Ledger,
                at sluice: SluiceProcess,
                seed: UInt64
            ) throws {
                var random = SeededGenerator(seed: seed)
                // It may be gone already.
                guard let client = try? sluice.localClient() else { return }
                while true {
                    let request = Request(number, ledger, &random)
                    ledger.pending = request.outcome
                    let sent = try? client.send(request.method, request.path, request.body)
                    guard let answer = sent else { return }
                    guard answer.status != 429 else { continue }
                    guard [200, 201].contains(answer.status) else {
                        throw HarnessError("\(request): \(answer)")
                    }
                    ledger.actions = request.outcome
                    ledger.pending = nil
                    ledger.answered += 1
                    guard let ids = try? WriteTests.ids(by: client) else { return }
                    ledger.ids = ids
                }
            }
        }

        /// A write, and what its writer's entries are after it.
        private struct Request {
            var method: String
            var path: String
            var body: String?
            var outcome: [String: String]

            /// A random one: a new entry, a changed or a removed one, or several new ones at once.
            init(_ number: Int, _ ledger: Ledger, _ random: inout SeededGenerator) {
                outcome = ledger.actions
                let host = Int.random(in: Writer.hosts, using: &random)
                let address = "127.0.\(number).\(host)"
                guard Int.random(in: 0..<8, using: &random) > 0 else {
                    // Each address, however it was: of these, all or none.
                    let action = ledger.actions[address] == "allow" ? "deny" : "allow"
                    let addresses = Writer.hosts.map { "127.0.\(number).\($0)" }
                    for address in addresses { outcome[address] = action }
                    method = "POST"
                    path = "/v1/warehouses/WHTEST/whitelist/import"
                    let text = addresses.joined(separator: #"\n"#)
                    body = #"{"text":"\#(text)","action":"\#(action)","mode":"update"}"#
                    return
                }
                guard let id = ledger.ids[address], let action = ledger.actions[address] else {
                    outcome[address] = "allow"
                    (method, path) = ("POST", WriteTests.entries)
                    body = #"{"cidr":"\#(address)"}"#
                    return
                }
                path = "\(WriteTests.entries)/\(id)"
                if Bool.random(using: &random) {
                    outcome[address] = nil
                    method = "DELETE"
                } else {
                    let other = action == "allow" ? "deny" : "allow"
                    outcome[address] = other
                    method = "PATCH"
                    body = #"{"action":"\#(other)"}"#
                }
            }
        }
    }
}
