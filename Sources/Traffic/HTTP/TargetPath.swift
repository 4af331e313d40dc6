import Text

/// The path of a request's target, as far as servers agree about it.
enum TargetPath: Equatable {
    /// What every server decodes it to.
    case plain([UInt8])
    /// Decoded, but servers may divide it into segments differently, or remove some of them.
    case ambiguous([UInt8])
    /// No path that a client means to send.
    case refused

    /// A server may decode a path that another one has decoded already.
    private static let deepestNesting = 3

    /// Reads the path of a target in origin form or absolute form (RFC 9112 §3.2.1, §3.2.2).
    init(decoding target: Span<UInt8>) {
        var path = target.pathOfTarget
        guard path.hasRootOrIsStar else {
            self = .refused
            return
        }
        var isAmbiguous = path.isAmbiguousAsWritten
        for depth in 0...Self.deepestNesting {
            guard !path.hasRefusedBytes else { break }
            guard let decoded = path.decoded(isLenient: depth > 0) else { break }
            if !decoded.hasChanged {
                self = isAmbiguous ? .ambiguous(path) : .plain(path)
                return
            }
            isAmbiguous = isAmbiguous || decoded.createsStructure
            path = decoded.bytes
        }
        self = .refused
    }

    /// The segments of an ambiguous path in lower case, without parameters and empty ones. Whatever a
    /// server makes of the path, its segments are some of these.
    static func segments(of path: [UInt8]) -> [ArraySlice<UInt8>] {
        path.map(\.lowercased)
            .split { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
            .map { $0.prefix { !$0.endsName } }
    }
}

extension Span<UInt8> {
    /// Without the scheme and authority of an absolute form, and the query. A fragment, which no
    /// client sends, stays: some servers take it for a part of the path.
    fileprivate var pathOfTarget: [UInt8] {
        var start = 0
        if let authority = authorityStart {
            start = authority
            while start < count, !self[start].endsAuthority { start += 1 }
        }
        var path: [UInt8] = []
        while start < count, self[start] != UInt8(ascii: "?") {
            path.append(self[start])
            start += 1
        }
        return path
    }

    /// Where the authority of `scheme://authority/path` starts; `nil` in any other form.
    private var authorityStart: Int? {
        var index = 0
        while index < count, self[index].isSchemeCharacter { index += 1 }
        guard index > 0, index + 2 < count, self[index] == UInt8(ascii: ":"),
            self[index + 1] == UInt8(ascii: "/"), self[index + 2] == UInt8(ascii: "/")
        else { return nil }
        return index + 3
    }
}

extension [UInt8] {
    /// Whether it is a path, the one that `http://host` leaves out, or `*` (RFC 9112 §3.2.4).
    fileprivate var hasRootOrIsStar: Bool {
        isEmpty || first == UInt8(ascii: "/") || first == UInt8(ascii: "\\")
            || self == [UInt8(ascii: "*")]
    }

    /// Whether it has segments that servers treat differently: empty ones, `.` and `..`, parameters, a
    /// fragment, or a backslash that may be a slash.
    fileprivate var isAmbiguousAsWritten: Bool {
        if first == UInt8(ascii: "\\") { return true }
        let segments = dropFirst().split(
            separator: UInt8(ascii: "/"),
            omittingEmptySubsequences: false
        )
        // A slash at the end makes no difference.
        return segments.dropLast().contains(where: \.isEmpty) || segments.contains(where: \.isOdd)
    }

    /// Control characters, and bytes that only overlong UTF-8 has (RFC 3629 §10), which old decoders take
    /// for ASCII.
    fileprivate var hasRefusedBytes: Bool {
        contains { $0 < 0x20 || $0 == 0x7f || $0 == 0xc0 || $0 == 0xc1 }
            || indices.dropLast().contains { index in
                self[index] == 0xe0 && (0x80...0x9f).contains(self[index + 1])
                    || self[index] == 0xf0 && (0x80...0x8f).contains(self[index + 1])
            }
    }

    /// One level of escapes decoded (RFC 3986 §2.1).
    ///
    /// - Parameter isLenient: whether an invalid escape stays as it is: what was decoded once may have
    ///   a percent sign.
    /// - Returns: `nil` for an invalid escape.
    fileprivate func decoded(isLenient: Bool) -> (
        bytes: [UInt8], hasChanged: Bool, createsStructure: Bool
    )? {
        var result: [UInt8] = []
        var (hasChanged, createsStructure) = (false, false)
        var index = 0
        while index < count {
            var byte = self[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                if let value = escape(at: index) {
                    byte = value
                    index += 2
                    hasChanged = true
                    createsStructure = createsStructure || value.isStructure
                } else if !isLenient {
                    return nil
                }
            }
            result.append(byte)
        }
        return (result, hasChanged, createsStructure)
    }

    private func escape(at index: Int) -> UInt8? {
        guard index + 1 < count, let high = self[index].hexadecimalDigit,
            let low = self[index + 1].hexadecimalDigit
        else { return nil }
        return UInt8(high << 4 | low)
    }
}

extension ArraySlice<UInt8> {
    fileprivate var isOdd: Bool {
        let isDot = (1...2).contains(count) && allSatisfy { $0 == UInt8(ascii: ".") }
        return isDot || contains { $0.endsName || $0 == UInt8(ascii: "\\") }
    }
}

extension UInt8 {
    fileprivate var endsPath: Bool { self == UInt8(ascii: "?") || self == UInt8(ascii: "#") }

    /// Also a backslash, which some take for a slash.
    fileprivate var endsAuthority: Bool {
        self == UInt8(ascii: "/") || self == UInt8(ascii: "\\") || endsPath
    }

    /// What some server ends a segment's name at, once it is decoded.
    fileprivate var endsName: Bool { endsPath || self == UInt8(ascii: ";") }

    /// What divides or removes segments, or begins another escape.
    fileprivate var isStructure: Bool {
        switch self {
        case UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "."), UInt8(ascii: "%"): true
        default: endsName
        }
    }

    fileprivate var isSchemeCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}
