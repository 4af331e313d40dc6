/// A word, literal or sign of a statement.
struct SQLToken: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// A keyword or a name, as written.
        case word(String)
        /// A name in backticks: never a keyword.
        case quotedName(String)
        case text(String)
        case number(Int64)
        /// `@@name`, `@@session.name` or `@name`, without the `@@` and the scope.
        case variable(String, isSystem: Bool)
        /// One of `( ) , . * = < > <= >= <> != ; - + /`.
        case sign(String)
    }

    var kind: Kind
    /// The token as written.
    var source: Substring
}
