import ArgumentParser
import Operations
import Policy

/// Filters for sessions.
struct SessionFilterOptions: ParsableArguments {
    @Option(help: "Only this connection, by number as in the access log.")
    var connection: String?

    @OptionGroup var place: PlaceFilterOptions

    @Option(
        help: "Only this kind of link: public, private or outbound.",
        completion: .list(LinkKind.allCases.map(\.rawValue))
    )
    var link: String?

    @Option(help: "Only sessions of this backend, by address.")
    var backend: String?

    @Option(help: "Only sessions idle for at least this long, such as 90s, 5m, 1h30m.")
    var idle: String?

    /// Whether no filter is set.
    var isEmpty: Bool { pairs.isEmpty }

    /// As query parameters of the gateway's API.
    var pairs: [(key: String, value: String)] {
        place.pairs
            + PlaceFilterOptions.pairs([
                ("connection", connection), ("link", link), ("backend", backend), ("idle", idle),
            ])
    }

    /// An invalid filter is a usage error, found without asking a gateway.
    func validate() throws {
        do throws(FilterQueryError) {
            _ = try SessionFilter(query: pairs)
        } catch {
            throw ValidationError("--\(error)")
        }
    }
}

/// Filters by part of the gateway and by client.
struct PlaceFilterOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: "Only this warehouse, by id.",
        completion: .warehouses
    )
    var warehouse: String?

    @Option(help: "Only this listener, by address as in the access log.")
    var listener: String?

    @Option(help: "Only clients with this address, or in this block, such as 203.0.113.0/24.")
    var source: String?

    @Option(help: "Only this private endpoint, such as aws:vpce-0123456789abcdef0.")
    var endpoint: String?

    /// As query parameters of the gateway's API.
    var pairs: [(key: String, value: String)] {
        Self.pairs([
            ("warehouse", warehouse), ("listener", listener), ("source", source),
            ("endpoint", endpoint),
        ])
    }

    /// The `options` that are set.
    static func pairs(_ options: [(key: String, value: String?)]) -> [(key: String, value: String)]
    {
        options.compactMap { key, value in value.map { (key, $0) } }
    }
}
