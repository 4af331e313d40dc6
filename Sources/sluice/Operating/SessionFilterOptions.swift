import ArgumentParser
import Operations
import Policy

/// Which sessions a command means.
struct SessionFilterOptions: ParsableArguments {
    @Option(help: "A connection's number, as in the access log.")
    var connection: String?

    @OptionGroup var place: PlaceFilterOptions

    @Option(
        help: "public, private or outbound.",
        completion: .list(LinkKind.allCases.map(\.rawValue))
    )
    var link: String?

    @Option(help: "A backend's address.")
    var backend: String?

    @Option(help: "At least that long without a byte: 90s, 5m, 1h30m.")
    var idle: String?

    /// Whether every session is meant.
    var isEmpty: Bool { pairs.isEmpty }

    /// For the gateway's API.
    var pairs: [(key: String, value: String)] {
        place.pairs
            + PlaceFilterOptions.pairs([
                ("connection", connection), ("link", link), ("backend", backend), ("idle", idle),
            ])
    }

    /// A filter that is wrong is the caller's error, and needs no gateway to be found.
    func validate() throws {
        do throws(FilterQueryError) {
            _ = try SessionFilter(query: pairs)
        } catch {
            throw ValidationError("--\(error)")
        }
    }
}
