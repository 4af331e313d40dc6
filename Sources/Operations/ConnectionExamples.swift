/// How a person reaches a warehouse, ready to paste: for the `mysql` client, JDBC, HTTP and Doris'
/// stream load.
///
/// ```swift
/// let examples = ConnectionExamples(host: "127.0.0.1", user: "demo", database: "tpch")
/// print(examples.mysqlCommand(port: 9030))    // mysql -h 127.0.0.1 -P 9030 -u demo tpch
/// ```
///
/// No password is part of an example: who pastes it is asked for it, or adds it.
package struct ConnectionExamples: Hashable, Sendable {
    /// A host name or an address, IPv6 without brackets.
    package var host: String
    /// Who logs in.
    package var user: String
    /// What is used from the start; `nil` for nothing.
    package var database: String?

    /// The examples for these three.
    package init(host: String, user: String, database: String? = nil) {
        self.host = host
        self.user = user
        self.database = database
    }

    /// For a POSIX shell.
    package func mysqlCommand(port: UInt16) -> String {
        let words = ["mysql", "-h", host, "-P", String(port), "-u", user]
        return ShellWord.line(of: words + (database.map { [$0] } ?? []))
    }

    /// For MySQL Connector/J.
    package func jdbcURL(port: UInt16) -> String {
        let path = URLComponent(database ?? "")
        return "jdbc:mysql://\(authority(port))/\(path)?user=\(URLComponent(user))"
    }

    /// The warehouse's own pages.
    package func httpURL(port: UInt16) -> String {
        "http://\(authority(port))/"
    }

    /// For a POSIX shell: loads `file` into `table` of the database (Doris, "Stream Load").
    ///
    /// The frontend answers 307 before it takes the body, hence `Expect`; and curl is to log in
    /// at the backend too, hence `--location-trusted`.
    package func streamLoadCommand(port: UInt16, table: String, file: String) -> String {
        let path = "api/\(URLComponent(database ?? ""))/\(URLComponent(table))/_stream_load"
        let words = [
            "curl", "--location-trusted", "-u", "\(user):", "-H", "Expect:100-continue", "-T",
            file, httpURL(port: port) + path,
        ]
        return ShellWord.line(of: words)
    }

    private func authority(_ port: UInt16) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// A word as a POSIX shell takes it for one: in quotes where it needs them.
private struct ShellWord: CustomStringConvertible {
    let description: String

    init(_ word: String) {
        let plain = word.utf8.allSatisfy { $0.isUnreserved || "/:@%+=,[]".utf8.contains($0) }
        let escaped = word.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "'\\''")
        description = plain && !word.isEmpty ? word : "'\(escaped)'"
    }

    static func line(of words: [String]) -> String {
        words.map { ShellWord($0).description }.joined(separator: " ")
    }
}

/// A part of a URL, percent-encoded (RFC 3986 §2).
private struct URLComponent: CustomStringConvertible {
    let description: String

    init(_ text: String) {
        description = text.utf8.map(Self.encoded).joined()
    }

    private static func encoded(_ byte: UInt8) -> String {
        if byte.isUnreserved { return String(UnicodeScalar(byte)) }
        return (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
    }
}

extension UInt8 {
    /// A letter, a digit or one of `-._~` (RFC 3986 §2.3).
    fileprivate var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~".utf8.contains(self)
        }
    }
}
