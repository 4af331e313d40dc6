/// The one request that an HTTP run repeats.
public struct HTTPRequest: Hashable, Sendable {
    /// Neither HEAD, whose answers have no content, nor CONNECT.
    public var method = "GET"
    /// Begins with a slash.
    public var path: String
    /// As in the Host field (RFC 9110 §7.2).
    public var host: String
    /// Further fields, each a whole line without its end.
    public var fields: [String]
    /// Whether the server may keep the connection for the next request.
    public var keepsConnection: Bool
    /// The content that is sent; `nil` for none.
    public var content: [UInt8]?

    public init(path: String, host: String, fields: [String] = [], keepsConnection: Bool = true) {
        self.path = path
        self.host = host
        self.fields = fields
        self.keepsConnection = keepsConnection
    }

    /// The head on the wire (RFC 9112 §3).
    var head: [UInt8] {
        let own = ["\(method) \(path) HTTP/1.1", "Host: \(host)", "User-Agent: sluice-bench"]
        let length = content.map { ["Content-Length: \($0.count)"] } ?? []
        let closing = keepsConnection ? [] : ["Connection: close"]
        let lines = own + fields + length + closing
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    private static let methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]

    /// What makes a path or a field impossible to send; `nil` where all is well.
    public var fault: String? {
        if !Self.methods.contains(method) {
            return "take one of the methods \(Self.methods.joined(separator: ", "))"
        }
        if !path.hasPrefix("/") { return "a path begins with a slash" }
        let parts = [path, host] + fields
        let isPlain = parts.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } }
        if !isPlain { return "paths and fields are printable ASCII; write others as %XX" }
        if path.contains(" ") { return "a path has no spaces; write them as %20" }
        return fields.allSatisfy { $0.contains(":") } ? nil : "a field is written Name: value"
    }
}
