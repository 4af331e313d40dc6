/// Recognizes clients that speak the protocol of another port, by their first bytes, so that the
/// access log can name the mistake.
public enum ForeignProtocol {
    static let httpAtMySQLPort = "HTTP spoken to the MySQL port"
    static let mySQLAtHTTPPort = "MySQL spoken to the HTTP port"
    /// A MySQL client says nothing before the server's greeting.
    public static let silenceAtHTTPPort =
        "the client sent nothing: a MySQL client waits for the server's greeting"

    /// `OPTIONS` and `CONNECT` are the longest methods that ordinary clients use.
    private static let longestMethod = 7
    private static let shortestMethod = 3

    /// Whether `bytes`, a client's first, begin an HTTP request: a method in capitals, a space, and a
    /// target (RFC 9112 §3). Never a MySQL packet: the first one's number, its fourth byte, is 0 or 1.
    static func isHTTP(_ bytes: Span<UInt8>) -> Bool {
        var length = 0
        while length < bytes.count, length <= longestMethod, bytes[length].isCapital { length += 1 }
        guard (shortestMethod...longestMethod).contains(length), length + 1 < bytes.count,
            bytes[length] == UInt8(ascii: " ")
        else { return false }
        let target = bytes[length + 1]
        return target == UInt8(ascii: "/") || target == UInt8(ascii: "*")
            || target == UInt8(ascii: "h")
    }

    /// Whether `bytes`, a client's first, are the login or TLS request of a MySQL client that has not
    /// waited for a greeting: a packet with number 0 or 1 and the capabilities of protocol 4.1
    /// (MySQL Internals, "Protocol::HandshakeResponse41").
    static func isMySQL(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count >= 36, bytes[3] <= 1 else { return false }
        let length = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16
        let speaksProtocol41 = bytes[5] & 0x02 != 0
        // What follows the character set is reserved and zero.
        for index in 13..<32 where bytes[index] != 0 { return false }
        return (32..<(1 << 17)).contains(length) && speaksProtocol41
    }
}

extension UInt8 {
    fileprivate var isCapital: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
}
