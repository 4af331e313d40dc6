import Text

/// A request's head as far as it was read.
struct RequestDraft: HeadDraft {
    static let skipsEmptyLines = true
    /// The longest target, in bytes.
    static let targetByteLimit = 65_536

    private(set) var target = 0..<0
    private(set) var minorVersion: UInt8 = 1
    private(set) var fields = HTTPFields()
    /// Of the target in absolute form or of Host; `nil` if empty.
    private(set) var authority: Range<Int>?
    /// Of the scheme of a target in absolute form.
    private var defaultPort = 80

    func check(beginning: Span<UInt8>) throws(HTTPSyntaxError) {
        _ = try Self.methodByteCount(beginning)
    }

    /// - Returns: `nil` if the method goes on.
    private static func methodByteCount(_ line: Span<UInt8>) throws(HTTPSyntaxError) -> Int? {
        for index in 0..<min(line.count, HTTPRequestHead.methodByteLimit + 1) {
            if line[index] == UInt8(ascii: " "), index > 0 { return index }
            guard line[index].isOfToken, index < HTTPRequestHead.methodByteLimit else {
                throw .badMethod
            }
        }
        return nil
    }

    /// `method SP request-target SP HTTP-version` (RFC 9112 §3).
    mutating func read(firstLine line: Span<UInt8>, at offset: Int) throws(HTTPSyntaxError) {
        guard let space = try Self.methodByteCount(line) else { throw .badRequestLine }
        let start = space + 1
        let end = line.end(from: start, while: \.isOfTarget)
        guard end < line.count, end > start else { throw .badRequestLine }
        guard line[end] == UInt8(ascii: " ") else {
            throw line[end] == UInt8(ascii: "\r") ? .bareCarriageReturn : .badTarget
        }
        try readVersion(line.extracting((end + 1)..<line.count))
        guard end - start <= Self.targetByteLimit else { throw .targetTooLong }
        target = (offset + start)..<(offset + end)
        let method = line.extracting(0..<space)
        if method.equals(exactly: "CONNECT") { throw .unsupportedMethod }
        let isOptions = method.equals(exactly: "OPTIONS")
        try read(target: line.extracting(start..<end), isOptions: isOptions)
    }

    private mutating func readVersion(_ version: Span<UInt8>) throws(HTTPSyntaxError) {
        if version.equals(exactly: "HTTP/1.1") {
            minorVersion = 1
        } else if version.equals(exactly: "HTTP/1.0") {
            minorVersion = 0
        } else if version.firstIndex(of: UInt8(ascii: "\r")) != nil {
            throw .bareCarriageReturn
        } else {
            let isOnePart = version.firstIndex(of: UInt8(ascii: " ")) == nil
            throw isOnePart && version.hasPrefix("HTTP/") ? .unsupportedVersion : .badRequestLine
        }
    }

    /// The four forms but the one of CONNECT (RFC 9112 §3.2).
    private mutating func read(
        target: Span<UInt8>,
        isOptions: Bool
    ) throws(HTTPSyntaxError) {
        if target[0] == UInt8(ascii: "/") { return }
        if isOptions, target.equals(exactly: "*") { return }
        let start: Int
        if target.hasPrefix("http://") {
            (start, defaultPort) = (7, 80)
        } else if target.hasPrefix("https://") {
            (start, defaultPort) = (8, 443)
        } else {
            throw .badTarget
        }
        var end = start
        while end < target.count, target[end] != UInt8(ascii: "/"), target[end] != UInt8(ascii: "?")
        {
            end += 1
        }
        guard end > start, target.extracting(start..<end).isAuthority else { throw .badHost }
        authority = (self.target.lowerBound + start)..<(self.target.lowerBound + end)
    }

    mutating func read(field line: Span<UInt8>, at offset: Int) throws(HTTPSyntaxError) {
        try fields.read(line, at: offset)
    }

    mutating func end(_ head: Span<UInt8>) throws(HTTPSyntaxError) {
        try fields.end(minorVersion: minorVersion)
        guard let host = fields.host else {
            guard minorVersion == 0 else { throw .missingHost }
            return
        }
        let value = head.extracting(host)
        guard value.isEmpty || value.isAuthority else { throw .badHost }
        if let authority {
            guard head.extracting(authority).isSameAuthority(as: value, defaultPort: defaultPort)
            else { throw .hostMismatch }
        } else if !host.isEmpty {
            authority = host
        }
    }
}
