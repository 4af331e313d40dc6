import ArgumentParser
import Control
import Text
import Time

/// How many rows of a list a command shows.
struct ListOptions: ParsableArguments {
    @Option(help: "Maximum number of rows (the total is always shown).")
    var limit = 1_000

    @OptionGroup var management: ManagementOptions

    func validate() throws { try ListLimit.check(limit) }

    /// Prints a list of the gateway.
    ///
    /// - Parameters:
    ///   - path: made once the gateway is found.
    ///   - isPaged: whether the gateway answers the list in pages.
    func show<Element: Decodable & Sendable>(
        _ path: (ManagementClient) async throws -> String,
        query: [(key: String, value: String)] = [],
        isPaged: Bool = true,
        as text: (ManagementClient.Listing<Element>) -> String
    ) async throws {
        let gateway = management.gateway
        try await gateway.run { client in
            let path = try await path(client)
            if gateway.json {
                return try await client.writeList(
                    path,
                    query: query,
                    isPaged: isPaged,
                    limit: limit
                ) { StandardOutput.print(json: $0, terminator: "") }
            }
            let answer: ManagementClient.Answer<ManagementClient.Listing<Element>> =
                try await client.list(
                    path,
                    query: query,
                    isPaged: isPaged,
                    keepsJSON: false,
                    limit: limit
                )
            gateway.print(answer, as: text)
        }
    }
}

extension ManagementClient.Listing {
    /// The elements for people, and how many are not shown.
    func table(
        _ headings: [Columns.Heading],
        empty: String,
        row: (Element) -> [String]
    ) -> String {
        if total == 0 { return empty + "\n" }
        let missing = total - elements.count
        let rest = missing > 0 ? "\nand \(missing) more (raise --limit to show them)" : ""
        return "\(Columns(headings, elements.map(row)))\(rest)\n"
    }
}

/// Cells of tables: `-` for what does not exist.
extension Optional where Wrapped == String {
    var cell: String { flatMap { $0.isEmpty ? nil : $0 } ?? "-" }
}

extension Optional where Wrapped == UnixTime {
    var cell: String { self?.rfc3339 ?? "-" }
}

extension Optional where Wrapped == Int {
    var cell: String { map { "\($0)" } ?? "-" }
}

extension Optional where Wrapped == [String] {
    var cell: String { flatMap { $0.isEmpty ? nil : $0.joined(separator: " ") } ?? "-" }
}
