import Addresses
import Text

/// Reads the parts of a Location from its beginning to its end. Ranges are offsets in its bytes.
struct LocationScanner {
    /// The parts of an authority (RFC 3986 §3.2).
    struct Authority {
        /// `nil` without an `@`.
        var userInfo: Range<Int>?
        /// Without brackets.
        var host: Range<Int>
        var isBracketed: Bool
        /// After the colon; `nil` without one.
        var port: Range<Int>?
    }

    private let bytes: [UInt8]
    /// Where the path, the query or the fragment begins.
    private var position = 0

    /// - Parameter bytes: at least one.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Refuses what ends a line or is not part of a URL, and backslashes before the query. Bytes of
    /// other than ASCII pass: old clients send them in paths, and front ends repeat them.
    func checkCharacters() throws(RedirectError) {
        var isInQuery = false
        for byte in bytes {
            if byte <= 0x20 || byte == 0x7f { throw .badCharacter(byte) }
            if byte == UInt8(ascii: "?") { isInQuery = true }
            if byte == UInt8(ascii: "\\"), !isInQuery { throw .backslash }
        }
    }

    /// - Returns: `nil` for a Location without one, which begins with a slash.
    mutating func takeScheme() throws(RedirectError) -> RedirectLocation.Scheme? {
        if bytes[0] == UInt8(ascii: "/") { return nil }
        let end = firstOffset(in: 0..<bytes.count) { ":/?#".utf8.contains($0) } ?? bytes.count
        guard end < bytes.count, bytes[end] == UInt8(ascii: ":") else { throw .relativePath }
        guard let scheme = RedirectLocation.Scheme(rawValue: text(0..<end).lowercased()) else {
            throw .unsupportedScheme
        }
        position = end + 1
        return scheme
    }

    /// - Returns: `nil` for a path of the same server.
    mutating func takeAuthority(isRequired: Bool) throws(RedirectError) -> Authority? {
        guard bytes.count >= position + 2, bytes[position] == UInt8(ascii: "/"),
            bytes[position + 1] == UInt8(ascii: "/")
        else {
            if isRequired { throw .missingAuthority }
            return nil
        }
        let start = position + 2
        let end = firstOffset(in: start..<bytes.count) { "/?#".utf8.contains($0) } ?? bytes.count
        position = end
        return try authority(in: start..<end)
    }

    private func authority(in range: Range<Int>) throws(RedirectError) -> Authority {
        var userInfo: Range<Int>?
        var rest = range
        if let at = firstOffset(in: range, where: { $0 == UInt8(ascii: "@") }) {
            userInfo = range.lowerBound..<at
            rest = at + 1..<range.upperBound
            if firstOffset(in: rest, where: { $0 == UInt8(ascii: "@") }) != nil {
                throw .ambiguousUserInfo
            }
        }
        guard !rest.isEmpty else { throw .emptyHost }
        guard bytes[rest.lowerBound] == UInt8(ascii: "[") else {
            let colon = firstOffset(in: rest, where: { $0 == UInt8(ascii: ":") })
            return Authority(
                userInfo: userInfo,
                host: rest.lowerBound..<(colon ?? rest.upperBound),
                isBracketed: false,
                port: colon.map { $0 + 1..<rest.upperBound }
            )
        }
        guard let end = firstOffset(in: rest, where: { $0 == UInt8(ascii: "]") }) else {
            throw .badHost
        }
        let after = end + 1..<rest.upperBound
        if let byte = after.first.map({ bytes[$0] }), byte != UInt8(ascii: ":") { throw .badHost }
        return Authority(
            userInfo: userInfo,
            host: rest.lowerBound + 1..<end,
            isBracketed: true,
            port: after.isEmpty ? nil : after.dropFirst()
        )
    }

    /// The rest: path and query, with a slash in front if there is no path.
    mutating func takeTarget() throws(RedirectError) -> String {
        let end =
            firstOffset(in: position..<bytes.count) { $0 == UInt8(ascii: "#") } ?? bytes.count
        let rest = text(position..<end)
        return rest.utf8.first == UInt8(ascii: "/") ? rest : "/" + rest
    }

    private func firstOffset(in range: Range<Int>, where isWanted: (UInt8) -> Bool) -> Int? {
        range.first { isWanted(bytes[$0]) }
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }
}

// MARK: - Parts of an authority

extension LocationScanner {
    /// A name, or an address in its usual form. An IPv4 address in an unusual form (octal, a single
    /// number) is a name like any other.
    func host(of authority: Authority) throws(RedirectError) -> String {
        guard !authority.isBracketed else {
            do {
                return try IPv6Address(parsing: text(authority.host)).description
            } catch {
                throw .badHost
            }
        }
        guard !authority.host.isEmpty else { throw .emptyHost }
        var labels = text(authority.host).lowercased()
        if labels.utf8.last == UInt8(ascii: ".") { labels.removeLast() }
        guard labels.utf8.count <= 253,
            labels.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
                .allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isHostCharacter) })
        else { throw .badHost }
        return labels
    }

    /// - Returns: `nil` for the scheme's.
    func port(of authority: Authority) throws(RedirectError) -> UInt16? {
        guard let digits = authority.port else { return nil }
        let isDecimal = digits.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[$0])
        }
        guard isDecimal, (1...5).contains(digits.count),
            bytes[digits.lowerBound] != UInt8(ascii: "0"), let port = UInt16(text(digits))
        else { throw .badPort }
        return port
    }

    /// As java.net.URI encodes it: everything that is not allowed in a user-info, `%` and `@`
    /// included, but not the colons of a password.
    func userInfo(of authority: Authority) throws(RedirectError) -> RedirectLocation.UserInfo? {
        guard let range = authority.userInfo, !range.isEmpty else { return nil }
        let colon = firstOffset(in: range) { $0 == UInt8(ascii: ":") } ?? range.upperBound
        let user = try decoded(range.lowerBound..<colon)
        guard !user.utf8.contains(UInt8(ascii: ":")) else { throw .badUserInfo }
        let password = min(colon + 1, range.upperBound)..<range.upperBound
        return RedirectLocation.UserInfo(user: user, password: try decoded(password))
    }

    private func decoded(_ range: Range<Int>) throws(RedirectError) -> String {
        var result: [UInt8] = []
        var index = range.lowerBound
        while index < range.upperBound {
            var byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                guard index + 2 <= range.upperBound, let high = bytes[index].hexadecimalDigit,
                    let low = bytes[index + 1].hexadecimalDigit
                else { throw .badUserInfo }
                byte = UInt8(high << 4 | low)
                index += 2
            }
            // RFC 7617 §2: credentials have no control characters.
            guard byte >= 0x20, byte != 0x7f else { throw .badUserInfo }
            result.append(byte)
        }
        guard let text = String(validating: result, as: UTF8.self) else { throw .badUserInfo }
        return text
    }
}

extension UInt8 {
    /// Of a host's name: a letter or digit of ASCII, or one of `-_`. Underscores are not allowed in
    /// host names (RFC 952), and used.
    fileprivate var isHostCharacter: Bool {
        isUnreserved && self != UInt8(ascii: "~") && self != UInt8(ascii: ".")
    }
}
