import HTTPProtocol
import Text

extension AnswerCollector {
    /// The collected answer as the client gets it: without credentials in a Location, and for a client of
    /// HTTP/1.0, which knows no chunks (RFC 9112 §6.1), with a length.
    ///
    /// - Parameters:
    ///   - request: the client's.
    ///   - replacement: other content, without a transfer coding; `nil` for the backend's.
    ///   - closes: whether the connection ends after it.
    func words(
        for request: HTTPRequestHead,
        replacing replacement: [UInt8]? = nil,
        closes: Bool = false
    ) -> [UInt8] {
        guard let head else { return [] }
        let hasCoding = head.value(of: "transfer-encoding") != nil
        let plain = replacement ?? (hasCoding && request.minorVersion == 0 ? plainContent : nil)
        let location = head.locationWithoutCredentials
        guard plain != nil || closes || location != nil else { return head.bytes + content }
        var added: [(name: String, value: String)] = []
        if let plain { added.append(("Content-Length", "\(plain.count)")) }
        if let location { added.append(("Location", location)) }
        if closes { added.append(("Connection", "close")) }
        return head.rewritten(
            removing: { name in
                plain != nil && name.describesContent || closes && name.concernsConnection
                    || location != nil && name.equals(ignoringCase: "location")
            },
            adding: added
        ) + (plain ?? content)
    }
}

extension HTTPAnswerHead {
    /// Whether its Location has user-info.
    var hasLocationCredentials: Bool { locationWithoutCredentials != nil }

    /// Its bytes, without user-info in its Location: Doris repeats the request's user and password there,
    /// which are then kept by whatever keeps addresses.
    var bytesForClient: [UInt8] {
        guard let location = locationWithoutCredentials else { return bytes }
        return rewritten(
            removing: { $0.equals(ignoringCase: "location") },
            adding: [("Location", location)]
        )
    }

    /// The Location of a redirect without its user-info (RFC 3986 §3.2.1); `nil` if it has none.
    fileprivate var locationWithoutCredentials: String? {
        guard (300..<400).contains(status), let text = value(of: "location") else { return nil }
        let bytes = Array(text.utf8)
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")), slash + 1 < bytes.count,
            bytes[slash + 1] == UInt8(ascii: "/")
        else { return nil }
        let start = slash + 2
        let end = bytes[start...].firstIndex(where: \.endsAuthority) ?? bytes.count
        guard let at = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")) else { return nil }
        return String(decoding: bytes[..<start] + bytes[(at + 1)...], as: UTF8.self)
    }
}

extension Span<UInt8> {
    fileprivate var describesContent: Bool {
        equals(ignoringCase: "content-length") || equals(ignoringCase: "transfer-encoding")
            || equals(ignoringCase: "trailer") || equals(ignoringCase: "content-md5")
    }

    fileprivate var concernsConnection: Bool {
        equals(ignoringCase: "connection") || equals(ignoringCase: "keep-alive")
    }
}

extension UInt8 {
    fileprivate var endsAuthority: Bool {
        self == UInt8(ascii: "/") || self == UInt8(ascii: "?") || self == UInt8(ascii: "#")
    }
}
