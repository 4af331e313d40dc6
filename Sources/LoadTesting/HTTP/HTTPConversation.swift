import HTTPProtocol
import Traffic

/// One request after the other, each when the last one is answered.
struct HTTPConversation: Conversation {
    /// Head and content; in two pieces where a copy for each connection would be large.
    private let request: [UInt8]
    private let content: [UInt8]
    private let mayReuse: Bool
    private var parser = HTTPResponseParser()
    private var isAwaitingResponse = false
    /// How many of head and content have not gone out wholly.
    private var unsentPartCount = 0

    /// What goes with the head in one write, in bytes.
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
        do throws(HTTPFault) {
            let progress = try parser.receive(bytes)
            return isAwaitingResponse ? move(progress) : unasked(progress)
        } catch {
            return .failed(Failure(.badResponse, "\(error)"))
        }
    }

    var indifferentByteCount: Int { isAwaitingResponse ? parser.indifferentByteCount : 0 }

    mutating func skip(_ byteCount: Int) -> Move { move(parser.skip(byteCount)) }

    mutating func receiveEndOfStream() -> Move {
        // A server may end a connection that it is not asked anything on (RFC 9112 §9.5).
        guard isAwaitingResponse else { return .close }
        guard let progress = parser.receiveEndOfStream() else {
            let place = parser.isInsideResponse ? "inside" : "before"
            return .failed(Failure(.closedEarly, "the stream ended \(place) the response"))
        }
        return move(progress)
    }

    /// A server may turn a client away before it has asked anything (RFC 9112 §9.5).
    private func unasked(_ progress: HTTPResponseParser.Progress) -> Move {
        guard case .complete(let status, _) = progress else { return .wait }
        return .failed(failure(status, when: " before the request"))
    }

    /// With the server's own words, if there are any for people.
    private func failure(_ status: Int, when: String = "") -> Failure {
        let content = String(decoding: parser.errorContent, as: UTF8.self)
        let isPage = parser.errorContent.first == UInt8(ascii: "<")
        let words = content.isEmpty || isPage ? "" : ": \(content)"
        return Failure(.status, "HTTP status \(status)\(when)\(words)", code: status)
    }

    private mutating func move(_ progress: HTTPResponseParser.Progress) -> Move {
        guard case .complete(let status, let keepsConnection) = progress else { return .wait }
        isAwaitingResponse = false
        // If the answer came first, the rest of the request would look like the next one.
        let isReusable = mayReuse && keepsConnection && unsentPartCount == 0
        guard (200..<300).contains(status) else {
            return .refused(failure(status), reusable: isReusable)
        }
        return .complete(reusable: isReusable)
    }
}
