import Text

/// `host[:port]` (RFC 3986 §3.2), as far as hosts of HTTP need it: no user information, no percent
/// encoding, no zone of an IPv6 address.
extension Span<UInt8> {
    /// The longest host, in bytes, as long as a domain name can be.
    private static var hostByteLimit: Int { 255 }

    /// Whether it is a host name or IP address, with an optional port of 0 to 65535.
    var isAuthority: Bool {
        let length = hostByteCount
        guard length > 0, length <= Self.hostByteLimit, hasPort(from: length) else { return false }
        if self[0] == UInt8(ascii: "[") { return isAddressLiteral(extracting(0..<length)) }
        for index in 0..<length where !self[index].isOfHostName { return false }
        return length > 1 || self[0] != UInt8(ascii: ".")
    }

    /// Where the host ends: at a colon outside of brackets.
    var hostByteCount: Int {
        var end = 0
        if count > 0, self[0] == UInt8(ascii: "[") {
            while end < count, self[end] != UInt8(ascii: "]") { end += 1 }
        }
        while end < count, self[end] != UInt8(ascii: ":") { end += 1 }
        return end
    }

    /// Whether both are the same host and port, if `defaultPort` is the port of one without.
    func isSameAuthority(as other: Span<UInt8>, defaultPort: Int) -> Bool {
        let host = extracting(0..<hostByteCount)
        return host.equals(ignoringCase: other.extracting(0..<other.hostByteCount))
            && port(or: defaultPort) == other.port(or: defaultPort)
    }

    private func port(or defaultPort: Int) -> Int? {
        let digits = extracting(Swift.min(hostByteCount + 1, count)..<count)
        return digits.isEmpty ? defaultPort : digits.decimal
    }

    /// Nothing, or a colon and at most a number of 16 bits.
    private func hasPort(from start: Int) -> Bool {
        guard start < count, start + 1 < count else { return true }
        guard let port = extracting((start + 1)..<count).decimal else { return false }
        return port <= 65_535
    }

    /// `[2001:db8::1]`; whether the address is one is for its reader.
    private func isAddressLiteral(_ host: Span<UInt8>) -> Bool {
        guard host.count > 3, host[host.count - 1] == UInt8(ascii: "]") else { return false }
        for index in 1..<(host.count - 1) {
            let byte = host[index]
            guard
                byte.hexadecimalDigit != nil || byte == UInt8(ascii: ":")
                    || byte == UInt8(ascii: ".")
            else { return false }
        }
        return true
    }
}

extension UInt8 {
    /// Letters, digits, and `-._~`: of the characters that RFC 3986 allows, those that names have.
    fileprivate var isOfHostName: Bool {
        // One bit for each character: - . 0-9, and A-Z _ a-z ~.
        let bits: UInt64 = self < 0x40 ? 0x03ff_6000_0000_0000 : 0x47ff_fffe_87ff_fffe
        return self < 0x80 && bits >> UInt64(self & 0x3f) & 1 == 1
    }
}
