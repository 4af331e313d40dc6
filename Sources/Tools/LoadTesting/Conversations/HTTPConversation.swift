import HTTPProtocol

/// The one request that an HTTP run repeats.
package struct HTTPRequest: Hashable, Sendable {
    /// Neither HEAD, whose responses have no content, nor CONNECT.
    package var method = "GET"
    /// Begins with a slash.
    package var path: String
    /// As in the Host field (RFC 9110 §7.2).
    package var host: String
    /// Additional fields, each a line without its end.
    package var fields: [String]
    /// Whether the connection may be reused for the next request.
    package var keepsConnection: Bool
    /// The content that is sent; `nil` for none.
    package var content: [UInt8]?

    package init(path: String, host: String, fields: [String] = [], keepsConnection: Bool = true) {
        self.path = path
        self.host = host
        self.fields = fields
        self.keepsConnection = keepsConnection
    }

    /// The head as sent (RFC 9112 §3). A given field replaces the default of the same name.
    var head: [UInt8] {
        let given = Set(fields.map(Self.name(of:)))
        let closing = keepsConnection ? [] : ["Connection: close"]
        let own = ["Host: \(host)", "User-Agent: sluice-bench"] + closing
        let length = content.map { ["Content-Length: \($0.count)"] } ?? []
        let lines = own.filter { !given.contains(Self.name(of: $0)) } + fields + length
        let all = ["\(method) \(path) HTTP/1.1"] + lines
        return Array((all.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// The name of a field in lower case, as names are case-insensitive (RFC 9110 §5.1).
    private static func name(of field: String) -> String {
        field.prefix { $0 != ":" }.lowercased()
    }

    private static func isField(_ line: String) -> Bool {
        let name = name(of: line)
        return line.contains(":") && !name.isEmpty && !name.contains(" ")
    }

    /// Fields that determine the content's length, which is set automatically (RFC 9112 §6).
    private static let framing: Set = ["content-length", "transfer-encoding"]

    private static let methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]

    /// Why the request cannot be sent; `nil` if it can.
    package var problem: String? {
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

/// Requests one after another, each when the previous one is answered.
struct HTTPConversation: Conversation {
    /// Head and content; in two pieces if a copy per connection would be large.
    private let request: [UInt8]
    private let content: [UInt8]
    private let mayReuse: Bool
    private var parser = HTTPResponseParser()
    private var isAwaitingResponse = false
    /// How many of head and content have not been sent completely.
    private var unsentPartCount = 0

    /// Content up to this size, in bytes, is sent with the head in one write.
    private static let smallContentLimit = 16_384

    init(_ request: HTTPRequest) {
        let content = request.content ?? []
        let isSmall = content.count <= Self.smallContentLimit
        self.request = request.head + (isSmall ? content : [])
        self.content = isSmall ? [] : content
        mayReuse = request.keepsConnection
    }

    mutating func begin() -> Move {
        isAwaitingResponse = true
        unsentPartCount = content.isEmpty ? 1 : 2
        return .send(Outgoing(request))
    }

    mutating func finishSending() -> Move {
        unsentPartCount = max(0, unsentPartCount - 1)
        return unsentPartCount > 0 ? .send(Outgoing(content)) : .wait
    }

    mutating func receive(_ bytes: Span<UInt8>) -> Move {
        do throws(HTTPSyntaxError) {
            let progress = try parser.receive(bytes)
            return isAwaitingResponse ? move(progress) : unsolicited(progress)
        } catch {
            return .failed(Failure(.badResponse, "\(error)"))
        }
    }

    var indifferentByteCount: Int { isAwaitingResponse ? parser.indifferentByteCount : 0 }

    mutating func skip(_ byteCount: Int) -> Move { move(parser.skip(byteCount)) }

    mutating func receiveEndOfStream() -> Move {
        // A server may close an idle connection (RFC 9112 §9.5).
        guard isAwaitingResponse else { return .close }
        guard let progress = parser.receiveEndOfStream() else {
            let place = parser.isInsideResponse ? "in the middle of" : "before"
            return .failed(Failure(.closedEarly, "connection closed \(place) the response"))
        }
        return move(progress)
    }

    /// A server may reject a client before its request (RFC 9112 §9.5).
    private func unsolicited(_ progress: HTTPResponseParser.Progress) -> Move {
        guard case .complete(let status, _) = progress else { return .wait }
        return .failed(failure(status, when: " before the request"))
    }

    /// With the server's own message, unless it is a web page.
    private func failure(_ status: Int, when: String = "") -> Failure {
        let content = String(decoding: parser.errorContent, as: UTF8.self)
        let isPage = parser.errorContent.first == UInt8(ascii: "<")
        let words = content.isEmpty || isPage ? "" : ": \(content)"
        return Failure(.status, "HTTP status \(status)\(when)\(words)", code: status)
    }

    private mutating func move(_ progress: HTTPResponseParser.Progress) -> Move {
        guard case .complete(let status, let keepsConnection) = progress else { return .wait }
        isAwaitingResponse = false
        // If the response came first, the rest of the request would look like the next one.
        let isReusable = mayReuse && keepsConnection && unsentPartCount == 0
        guard (200..<300).contains(status) else {
            return .refused(failure(status), reusable: isReusable)
        }
        return .complete(reusable: isReusable)
    }
}
