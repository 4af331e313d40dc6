/// The one request that an HTTP run repeats.
package struct HTTPRequest: Hashable, Sendable {
    /// Neither HEAD, whose answers have no content, nor CONNECT.
    package var method = "GET"
    /// Begins with a slash.
    package var path: String
    /// As in the Host field (RFC 9110 §7.2).
    package var host: String
    /// Further fields, each a whole line without its end.
    package var fields: [String]
    /// Whether the server may keep the connection for the next request.
    package var keepsConnection: Bool
    /// The content that is sent; `nil` for none.
    package var content: [UInt8]?

    package init(path: String, host: String, fields: [String] = [], keepsConnection: Bool = true) {
        self.path = path
        self.host = host
        self.fields = fields
        self.keepsConnection = keepsConnection
    }

    /// The head on the wire (RFC 9112 §3). A field that is given replaces ours of its name.
    var head: [UInt8] {
        let given = Set(fields.map(Self.name(of:)))
        let closing = keepsConnection ? [] : ["Connection: close"]
        let own = ["Host: \(host)", "User-Agent: sluice-bench"] + closing
        let length = content.map { ["Content-Length: \($0.count)"] } ?? []
        let lines = own.filter { !given.contains(Self.name(of: $0)) } + fields + length
        let all = ["\(method) \(path) HTTP/1.1"] + lines
        return Array((all.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// The name of a field in lower case: names are compared so (RFC 9110 §5.1).
    private static func name(of field: String) -> String {
        field.prefix { $0 != ":" }.lowercased()
    }

    private static func isField(_ line: String) -> Bool {
        let name = name(of: line)
        return line.contains(":") && !name.isEmpty && !name.contains(" ")
    }

    /// Fields that say how long the content is, which is ours to say (RFC 9112 §6).
    private static let framing: Set = ["content-length", "transfer-encoding"]

    private static let methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]

    /// What makes a path or a field impossible to send; `nil` if all is well.
    package var fault: String? {
        if !Self.methods.contains(method) {
            return "use one of the methods \(Self.methods.joined(separator: ", "))"
        }
        if !path.hasPrefix("/") { return "a path must begin with a slash" }
        let parts = [path, host] + fields
        let isPlain = parts.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } }
        if !isPlain { return "paths and fields must be printable ASCII; write other bytes as %XX" }
        if path.contains(" ") { return "a path must not contain spaces; write them as %20" }
        if !fields.allSatisfy(Self.isField) { return "a field must be written as Name: value" }
        let isFramed = fields.contains { Self.framing.contains(Self.name(of: $0)) }
        return isFramed ? "the content's length is set automatically; use --body" : nil
    }
}
