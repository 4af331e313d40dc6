/// An IP address and a port: one end of a TCP connection.
public struct SocketAddress: Hashable, Sendable {
    public var ip: IPAddress
    public var port: UInt16

    @inlinable
    public init(_ ip: IPAddress, port: UInt16) {
        self.ip = ip
        self.port = port
    }
}

/// `192.0.2.1:9030` or `[2001:db8::1]:9030`.
extension SocketAddress: AddressText {
    /// Parses an IPv4 address or an IPv6 address in brackets, a colon and a port of 0…65535.
    public init(parsing text: Span<UInt8>) throws(AddressSyntaxError) {
        do throws(AddressSyntaxError) {
            if text.count > 0, text[0] == UInt8(ascii: "[") {
                try self.init(bracketed: text)
            } else {
                try self.init(unbracketed: text)
            }
        } catch {
            throw error.diagnosed(inSocketAddress: text)
        }
    }

    private init(unbracketed text: Span<UInt8>) throws(AddressSyntaxError) {
        let end = text.firstOffset(of: UInt8(ascii: ":")) ?? text.count
        // `try?`: what is not an IPv6 address has another error.
        guard (try? IPv6Address(parsing: text)) == nil else { throw .init(.missingBrackets, at: 0) }
        let address = try IPAddress(parsing: text, in: 0..<end)
        self.init(address, port: try Self.port(text, from: end))
    }

    private init(bracketed text: Span<UInt8>) throws(AddressSyntaxError) {
        guard let end = text.firstOffset(of: UInt8(ascii: "]")) else {
            throw .init(.missingBrackets, at: 0)
        }
        let address: IPv6Address
        do {
            address = try IPv6Address(parsing: text.extracting(1..<end))
        } catch {
            throw error.moved(by: 1)
        }
        self.init(.v6(address), port: try Self.port(text, from: end + 1))
    }

    /// Parses `:port`, from `start` to the end of the text.
    private static func port(
        _ text: Span<UInt8>,
        from start: Int
    ) throws(AddressSyntaxError) -> UInt16 {
        guard start + 1 < text.count else { throw .init(.missingPort, at: text.count) }
        guard text[start] == UInt8(ascii: ":") else { throw text.unexpected(at: start) }
        var position = start + 1
        let port = try text.decimal(at: &position, upTo: UInt32(UInt16.max))
        guard position == text.count else { throw text.unexpected(at: position) }
        return UInt16(truncatingIfNeeded: port)
    }

    public func write(to bytes: inout [UInt8]) {
        let isBracketed = ip.family == .v6
        if isBracketed { bytes.append(UInt8(ascii: "[")) }
        ip.write(to: &bytes)
        if isBracketed { bytes.append(UInt8(ascii: "]")) }
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: UInt64(port))
    }
}
