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
