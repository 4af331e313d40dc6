import Text

/// A request's head (RFC 9112 §3), read strictly. Keeps the bytes as they were sent. A class, for it is
/// large, and handed on.
///
/// Refused in addition to what ``HTTPSyntaxError`` lists for all heads: a method that is not a token
/// of at most 32 bytes, and CONNECT; more or other white space in the request line than two single
/// spaces; a target that is not `/…`, `http://…`, `https://…` or the `*` of OPTIONS, with a control
/// character, a fragment or user information; a version other than HTTP/1.0 and HTTP/1.1; in
/// HTTP/1.1 a missing Host; several; one that is not a host name or IP address with an optional port,
/// or differs from the target's.
public final class HTTPRequestHead: Hashable, Sendable {
    /// The longest method, in bytes.
    public static let methodByteLimit = 32

    /// From the request line to the empty line, both included.
    public var bytes: [UInt8] { text.bytes }
    /// The bytes of the target.
    public let targetRange: Range<Int>
    /// Of HTTP/1: 0 or 1.
    public let minorVersion: UInt8

    private let text: HeadText
    private let fields: HTTPFields
    private let authorityRange: Range<Int>?

    init(_ collected: HeadCollector<RequestDraft>.Collected) {
        text = HeadText(bytes: collected.bytes)
        targetRange = collected.draft.target
        minorVersion = collected.draft.minorVersion
        fields = collected.draft.fields
        authorityRange = collected.draft.authority
    }

    public static func == (left: HTTPRequestHead, right: HTTPRequestHead) -> Bool {
        left.text == right.text
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

// MARK: - The request line and the host

extension HTTPRequestHead {
    /// A token; methods are case-sensitive.
    public var method: String { text.text(0..<(targetRange.lowerBound - 1)) }

    /// As sent; bytes that are not UTF-8 are replaced.
    public var target: String { text.text(targetRange) }

    /// The host and the port that the request is for, as sent: the authority of a target in absolute
    /// form, or the Host field. `nil` if there is none, or an empty one.
    public var authority: String? { authorityRange.map { text.text($0) } }

    /// ``authority`` in lower case, without the port and a final dot; an IPv6 address in brackets.
    public var host: String? {
        authorityRange.map { range in
            let bytes = self.bytes
            let span = bytes.span
            let name = bytes[range].prefix(span.extracting(range).hostByteCount)
            let hasDot = name.last == UInt8(ascii: ".")
            return String(decoding: name.dropLast(hasDot ? 1 : 0).map(\.lowercased), as: UTF8.self)
        }
    }
}

// MARK: - The body and the connection

extension HTTPRequestHead {
    /// No bytes if no length is declared (RFC 9112 §6.3).
    public var body: BodyLength { fields.body ?? .bytes(0) }

    /// Whether a body follows: `false` for `Content-Length: 0`.
    public var declaresBody: Bool { fields.isChunked || (fields.contentLength ?? 0) > 0 }

    /// Whether there is a Content-Length, also of 0, or a Transfer-Encoding.
    public var declaresLength: Bool { fields.isChunked || fields.contentLength != nil }

    /// The declared length; `nil` for chunks, and if none is declared.
    public var contentLength: Int? { fields.contentLength }

    /// Whether another request may follow, by the version and Connection (RFC 9112 §9.3).
    public var keepsConnection: Bool { fields.keepsConnection(minorVersion: minorVersion) }

    /// Whether the client waits for 100 before it sends the body (RFC 9110 §10.1.1). Never in
    /// HTTP/1.0, whose clients do not know of it.
    public var expectsContinue: Bool { fields.expectsContinue && minorVersion == 1 }

    /// Whether there is an Expect field of any value.
    public var hasExpect: Bool { fields.hasExpect }

    /// Whether the client asks for another protocol on this connection (RFC 9110 §7.8), in which it
    /// sends no requests. Never in HTTP/1.0, where the field is to be ignored.
    public var upgrades: Bool {
        fields.hasUpgrade && fields.hasUpgradeOption && !fields.offersHTTP && minorVersion == 1
    }

    /// The same head without an offer to continue in HTTP/2 or over TLS: a relay could not read the
    /// requests that follow. HTTP/2 has removed such offers (RFC 9113 §3.1), and a server may ignore them
    /// (RFC 9110 §7.8).
    public var withoutOfferOfHTTP: HTTPRequestHead {
        guard fields.offersHTTP else { return self }
        let connection = connectionWithoutUpgrade
        let bytes = rewritten(
            removing: {
                $0.equals(ignoringCase: "upgrade") || $0.equals(ignoringCase: "http2-settings")
                    || $0.equals(ignoringCase: "connection")
            },
            adding: connection.isEmpty ? [] : [("Connection", connection)]
        )
        var reader = HTTPRequestReader()
        // `try?`: what was valid is valid with fewer fields. If not, `upgrades` is false all the same.
        let read = try? reader.receive(bytes.span)
        return read?.0 ?? self
    }

    /// The options of all Connection fields but those of an upgrade.
    private var connectionWithoutUpgrade: String {
        options(without: { $0.equals(ignoringCase: "http2-settings") }, keepsUpgrade: false)
    }

    /// The options of all Connection fields, in one value, without those that `isDropped` returns `true`
    /// for; `nil` if there is none of these.
    public func connection(without isDropped: (Span<UInt8>) -> Bool) -> String? {
        guard !fields.options.isEmpty else { return nil }
        let bytes = self.bytes
        let span = bytes.span
        guard fields.options.contains(where: { isDropped(span.extracting($0)) }) else { return nil }
        return options(without: isDropped, keepsUpgrade: true)
    }

    private func options(
        without isDropped: (Span<UInt8>) -> Bool,
        keepsUpgrade: Bool
    ) -> String {
        let bytes = self.bytes
        let span = bytes.span
        var options: [String] = []
        if fields.hasClose { options.append("close") }
        if fields.hasKeepAlive { options.append("keep-alive") }
        if fields.hasUpgradeOption, keepsUpgrade { options.append("upgrade") }
        for range in fields.options where !isDropped(span.extracting(range)) {
            options.append(text.text(range))
        }
        return options.joined(separator: ", ")
    }
}

// MARK: - Fields

extension HTTPRequestHead {
    /// The value of the first field of this name, in any case, without white space around it; bytes
    /// that are not UTF-8 are replaced. `nil` if there is no such field.
    public func value(of name: StaticString) -> String? {
        text.value(of: name).map { text.text($0) }
    }

    /// Whether a field concerns this connection only (RFC 9110 §7.6.1): those that are known to, and
    /// those that Connection names.
    ///
    /// Not Transfer-Encoding and Trailer: a relay passes the body on in its coding. Nor can a client
    /// have Host, Content-Length or Transfer-Encoding removed by naming them.
    public func isHopByHop(_ name: Span<UInt8>) -> Bool {
        switch name.count {
        case 2 where name.hasPrefix("te"), 7 where name.hasPrefix("upgrade"),
            10 where name.hasPrefix("connection") || name.hasPrefix("keep-alive"),
            16 where name.hasPrefix("proxy-connection"):
            return true
        case 4 where name.hasPrefix("host"), 7 where name.hasPrefix("trailer"),
            14 where name.hasPrefix("content-length"),
            17 where name.hasPrefix("transfer-encoding"):
            return false
        default:
            let bytes = self.bytes
            let span = bytes.span
            return fields.options.contains { span.extracting($0).equals(ignoringCase: name) }
        }
    }

    /// Whether a field claims to know the client: `Forwarded` (RFC 7239), `X-Forwarded-For`,
    /// `X-Forwarded-Proto` or `X-Real-IP`; `_` in place of `-` is no disguise.
    public var namesClient: Bool { fields.hasForwarding }

    /// A head with more fields at its end, each with its CR LF; all else is the same bytes.
    public func appending(_ lines: [UInt8]) -> [UInt8] {
        let bytes = self.bytes
        let (span, end) = (bytes.span, bytes.count - 2)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + lines.count)
        result.append(0..<end, of: span)
        result += lines
        result.append(end..<bytes.count, of: span)
        return result
    }

    /// A head with another target, version or other fields. All other lines are the same bytes in the
    /// same order.
    ///
    /// - Parameters:
    ///   - target: what is not allowed in one is percent-encoded; `nil` keeps the bytes as they are.
    ///   - minorVersion: of HTTP/1; `nil` keeps it.
    ///   - isRemoved: whether a field of this name is left out.
    ///   - added: fields at the end; control characters are left out.
    ///   - lines: more of them, each with its CR LF.
    public func rewritten(
        target: String? = nil,
        minorVersion: UInt8? = nil,
        removing isRemoved: (Span<UInt8>) -> Bool = { _ in false },
        adding added: [(name: String, value: String)] = [],
        lines: [UInt8] = []
    ) -> [UInt8] {
        var firstLine: [UInt8]?
        if target != nil || minorVersion != nil {
            var line = text.bytes[..<targetRange.lowerBound]
            if let target { line += Self.encoded(target) } else { line += text.bytes[targetRange] }
            line += " HTTP/1.\(minorVersion ?? self.minorVersion)\r\n".utf8
            firstLine = Array(line)
        }
        return text.edited(firstLine: firstLine, removing: isRemoved, adding: added, lines: lines)
    }

    private static func encoded(_ target: String) -> [UInt8] {
        let text = target.isEmpty ? "/" : target
        return Array(text.percentEncoded { $0.isOfTarget }.utf8)
    }
}
