/// How a denied client learns of it.
public enum Reject: String, Hashable, Sendable, CaseIterable {
    /// The connection is closed without a word.
    case drop
    /// An error in the client's protocol, immediately: MySQL ERR, HTTP 403 with JSON.
    case error
    /// MySQL only: greet, read the login, then ERR, which most clients show in full. It costs a
    /// round trip, and the user name crosses in clear.
    case errorAfterGreeting
}
