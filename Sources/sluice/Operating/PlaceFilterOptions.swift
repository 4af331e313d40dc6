import ArgumentParser

/// Filters by part of the gateway and by client.
struct PlaceFilterOptions: ParsableArguments {
    @Option(help: "Only this warehouse, by id.")
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
