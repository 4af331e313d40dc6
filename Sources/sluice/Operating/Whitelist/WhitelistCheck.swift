import ArgumentParser
import Control
import Text
import Time

/// What is doubtful about a whitelist.
struct WhitelistCheckView: Decodable {
    struct Finding: Decodable, Hashable {
        var kind: String
        var entryId: String?
        var list: String?
        var message: String
    }

    var warehouseId: String
    var count: Int
    var unusedDays: Int?
    var hitsSince: UnixTime?
    var findings: [Finding]
    /// Those that are not shown included.
    var total: Int

    /// For people.
    var text: String {
        let lines = findings.map { "warning: \(LogText.harmless($0.message))" }
        let missing = total - findings.count
        let rest = missing > 0 ? ["and \(missing) more"] : []
        let warnings = total == 0 ? "no warnings" : total.of("warning")
        let summary = "\(warehouseId): \(count.of("entry")) checked, \(warnings)"
        return (lines + rest + [summary] + since).joined(separator: "\n") + "\n"
    }

    private var since: [String] {
        guard let hitsSince else { return ["it is not recorded which entries match"] }
        return ["which entries match is recorded since \(hitsSince.rfc3339)"]
    }
}

extension WhitelistCommand {
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find entries without effect, in all lists, and entries that match nothing.",
            discussion: """
                Entries of files count as neighbors, but it is not recorded when they match.
                """
        )

        @Option(help: "Entries that have matched nothing for this many days.")
        var unusedDays = 90

        @OptionGroup var warehouse: WarehouseOption
        @OptionGroup var management: ManagementOptions

        func validate() throws {
            guard (1...3_650).contains(unusedDays) else {
                throw ValidationError("--unused-days is not between 1 and 3650")
            }
        }

        func run() async throws {
            let gateway = management.gateway
            try await gateway.run { client in
                let path = try await warehouse.path(client) + "/whitelist/check"
                let query = [(key: "unusedDays", value: "\(unusedDays)")]
                let answer: ManagementClient.Answer<WhitelistCheckView> =
                    try await client.get(path, query: query)
                gateway.print(answer) { $0.text }
            }
        }
    }
}
