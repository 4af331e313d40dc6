import ArgumentParser

/// Which part of a gateway, and which clients, a list is about.
struct PlaceFilterOptions: ParsableArguments {
    @Option(help: "A warehouse's id.")
    var warehouse: String?

    @Option(help: "A listener's address, as in the access log.")
    var listener: String?

    @Option(help: "The clients' address, or a block of them such as 203.0.113.0/24.")
    var source: String?

    @Option(help: "A private endpoint, such as aws:vpce-0123456789abcdef0.")
    var endpoint: String?

    /// For the gateway's API.
    var pairs: [(key: String, value: String)] {
        Self.pairs([
            ("warehouse", warehouse), ("listener", listener), ("source", source),
            ("endpoint", endpoint),
        ])
    }

    /// Those of `options` that are given.
    static func pairs(_ options: [(key: String, value: String?)]) -> [(key: String, value: String)]
    {
        options.compactMap { key, value in value.map { (key, $0) } }
    }
}
