import ArgumentParser
import Core

/// Which sessions a command means.
struct SessionFilterOptions: ParsableArguments {
    @Option(help: "A connection's number, as in the access log.")
    var connection: String?

    @Option(help: "A warehouse's id.")
    var warehouse: String?

    @Option(help: "A listener's address, as in the access log.")
    var listener: String?

    @Option(help: "public, private or outbound.", completion: .link)
    var link: String?

    @Option(help: "The clients' address, or a block of them such as 203.0.113.0/24.")
    var source: String?

    @Option(help: "A private endpoint, such as aws:vpce-0123456789abcdef0.")
    var endpoint: String?

    @Option(help: "A backend's address.")
    var backend: String?

    @Option(help: "At least that long without a byte: 90s, 5m, 1h30m.")
    var idle: String?

    /// Whether every session is meant.
    var isEmpty: Bool { pairs.isEmpty }

    /// For the gateway's API.
    var pairs: [(key: String, value: String)] {
        let given = [
            ("connection", connection), ("warehouse", warehouse), ("listener", listener),
            ("link", link), ("source", source), ("endpoint", endpoint), ("backend", backend),
            ("idle", idle),
        ]
        return given.compactMap { key, value in value.map { (key, $0) } }
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
