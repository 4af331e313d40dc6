import CIDRTrie
import Time

/// What a session knows of itself, and what a query may ask.
struct SessionFacts: Hashable, Sendable {
    var connectionID: UInt32
    var user: String
    /// The client's address, as `USER()` shows it.
    var host: String
    /// The database in use.
    var database: String?
    /// When the statement came.
    var now = UnixTime(seconds: 0)
}
