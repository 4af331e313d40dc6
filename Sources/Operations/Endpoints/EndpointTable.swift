import Addresses
import Policy
import Text
import Time

/// Private endpoints as tables for people: what `sluice endpoint list` prints.
package struct EndpointTable: CustomStringConvertible {
    package let description: String

    package init(_ list: EndpointList) {
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
