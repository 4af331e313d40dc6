import Text

/// A response's head (RFC 9112 §4) for a relay, read as strictly as a request's. Keeps the bytes as
/// they were sent.
///
/// Refused in addition to what ``HTTPSyntaxError`` lists for all heads: a status that is not three
/// digits from 100 on; a control character in the reason; a body's length in an answer of status 1xx
/// or 204, which has none, other than `Content-Length: 0`.
public struct HTTPAnswerHead: Hashable, Sendable {
    /// From the status line to the empty line, both included.
    public var bytes: [UInt8] { text.bytes }
    private let statusLine: HTTPStatusLine
    private let text: HeadText
    private let fields: HTTPFields

    init(_ collected: HeadCollector<AnswerDraft>.Collected) {
        text = HeadText(bytes: collected.bytes)
        statusLine = collected.draft.statusLine
        fields = collected.draft.fields
    }

    public static func == (left: Self, right: Self) -> Bool { left.text == right.text }

    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension HTTPAnswerHead {
    /// Three digits (RFC 9110 §15).
    public var status: Int { statusLine.status }

    /// Of HTTP/1: 0 or 1.
    public var minorVersion: UInt8 { statusLine.minorVersion }

    /// Whether another answer follows to the same request (RFC 9110 §15.2).
    public var isInterim: Bool { statusLine.isInterim }

    /// The declared length; `nil` for chunks, and if none is declared.
    public var contentLength: Int? { fields.contentLength }

    /// Whether the server accepts another request on this connection, by the version and Connection
    /// (RFC 9112 §9.3).
    public var keepsConnection: Bool { fields.keepsConnection(minorVersion: minorVersion) }

    /// Whether the server closes the connection after it, as Connection says.
    public var closesConnection: Bool { fields.hasClose }

    /// Where the content ends in an answer to `method` (RFC 9112 §6.3); `nil` for the end of the
    /// stream.
    public func body(answering method: String) -> BodyLength? {
        if statusLine.hasNoContent || method == "HEAD" { return .bytes(0) }
        if method == "CONNECT", (200..<300).contains(status) { return .bytes(0) }
        return fields.body
    }

    /// The value of the first field of this name, in any case, without white space around it; bytes
    /// that are not UTF-8 are replaced. `nil` if there is no such field.
    public func value(of name: StaticString) -> String? {
        text.value(of: name).map { text.text($0) }
    }

    /// A head with other fields. All other lines are the same bytes in the same order.
    ///
    /// - Parameters:
    ///   - isRemoved: whether a field of this name is left out.
    ///   - added: fields at the end; control characters are left out.
    public func rewritten(
        removing isRemoved: (Span<UInt8>) -> Bool = { _ in false },
        adding added: [(name: String, value: String)] = []
    ) -> [UInt8] {
        text.edited(firstLine: nil, removing: isRemoved, adding: added)
    }
}
