import Addresses
import ArgumentParser
import Control
import Operations
import Policy
import Text
import Time

/// `sluice endpoint`: a gateway's private endpoints.
struct EndpointCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoint",
        abstract: "Show, approve and reject private endpoints.",
        subcommands: [
            List.self, Register.self, Accept.self, Reject.self, Change.self, Remove.self,
        ],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List endpoints with their states, and unknown endpoints to approve.",
            discussion: """
                An unknown endpoint was named by a trusted load balancer but is not registered for \
                any warehouse: its connections are denied. To admit it: sluice endpoint register; \
                if the policy comes from the configuration file, add it to the warehouse's \
                endpoints with state: available, and reload.
                """
        )

        @OptionGroup var watch: WatchOptions
        @OptionGroup var management: ManagementOptions

        func run() async throws {
            try await management.gateway.show(.get("v1/endpoints"), watching: watch) {
                EndpointTable($0).description
            }
        }
    }
}

/// Private endpoints as tables for people: what `sluice endpoint list` prints.
struct EndpointTable: CustomStringConvertible {
    let description: String

    init(_ list: EndpointList) {
        let tables = [Self.known(list.endpoints), Self.unknown(list.unknown)]
        description = tables.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private static func known(_ endpoints: [EndpointStatus]) -> String {
        guard !endpoints.isEmpty else { return "no endpoints" }
        let headings: [Columns.Heading] = [
            "ENDPOINT", "WAREHOUSE", "STATE", .number("OPEN"), "HOST", "DESCRIPTION",
        ]
        let rows = endpoints.map { endpoint in
            [
                endpoint.endpoint.description, endpoint.warehouse, endpoint.word,
                "\(endpoint.activeConnections)", endpoint.host ?? "-",
                endpoint.description.isEmpty ? "-" : endpoint.description,
            ]
        }
        return "\(Columns(headings, rows))"
    }

    /// What an operator may want to approve.
    private static func unknown(_ endpoints: [SeenEndpoint]) -> String {
        guard !endpoints.isEmpty else { return "" }
        let headings: [Columns.Heading] = [
            "UNKNOWN ENDPOINT", "WAREHOUSE", .number("DENIED"), "FIRST", "LAST", "CLIENTS",
        ]
        let rows = endpoints.map { seen in
            [
                seen.endpoint.description, seen.warehouse ?? "-", "\(seen.count)",
                seen.firstSeen.rfc3339, seen.lastSeen.rfc3339,
                seen.clients.map(\.description).joined(separator: " "),
            ]
        }
        return "\(Columns(headings, rows))"
    }
}
