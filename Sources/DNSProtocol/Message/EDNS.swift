package import Addresses

/// What an OPT record adds to a message (RFC 6891 §6.1).
package struct EDNS: Hashable, Sendable {
    /// The largest message over UDP that its sender takes, in bytes.
    package var payloadSize: UInt16
    /// The higher eight bits of a response code.
    package var extendedCode: UInt8
    package var version: UInt8
    /// DO: signatures are wanted (RFC 3225).
    package var isDNSSECWanted: Bool
    package var options: [EDNSOption]

    package init(
        payloadSize: UInt16,
        extendedCode: UInt8 = 0,
        version: UInt8 = 0,
        isDNSSECWanted: Bool = false,
        options: [EDNSOption] = []
    ) {
        self.payloadSize = payloadSize
        self.extendedCode = extendedCode
        self.version = version
        self.isDNSSECWanted = isDNSSECWanted
        self.options = options
    }
}

/// RFC 6891 §6.1.2.
package struct EDNSOption: Hashable, Sendable {
    package static let clientSubnet: UInt16 = 8

    package var code: UInt16
    package var data: [UInt8]

    package init(code: UInt16, data: [UInt8]) {
        self.code = code
        self.data = data
    }
}

extension EDNS {
    /// - Parameter record: of type OPT; its class and TTL have other meanings (RFC 6891 §6.1.3).
    init(_ record: DNSRecord) throws(DNSMessageError) {
        guard record.name == .root, case .bytes(let data) = record.data else { throw .invalidOPT }
        self.init(
            payloadSize: record.class.rawValue,
            extendedCode: UInt8(truncatingIfNeeded: record.ttl >> 24),
            version: UInt8(truncatingIfNeeded: record.ttl >> 16),
            isDNSSECWanted: record.ttl & 0x8000 != 0,
            options: try Self.options(data.span)
        )
    }

    private static func options(_ data: Span<UInt8>) throws(DNSMessageError) -> [EDNSOption] {
        var options: [EDNSOption] = []
        var position = 0
        while position < data.count {
            let code = try data.number16(at: &position)
            let length = Int(try data.number16(at: &position))
            options.append(EDNSOption(code: code, data: try data.bytes(length, at: &position)))
        }
        return options
    }

    var byteCount: Int { options.reduce(11) { $0 + 4 + $1.data.count } }

    func append(to bytes: inout [UInt8]) {
        bytes.append(0)
        bytes.append16(DNSType.opt.rawValue)
        bytes.append16(payloadSize)
        let flags: UInt32 = isDNSSECWanted ? 0x8000 : 0
        bytes.append32(UInt32(extendedCode) << 24 | UInt32(version) << 16 | flags)
        bytes.append16(UInt16(clamping: byteCount - 11))
        for option in options {
            bytes.append16(option.code)
            bytes.append16(UInt16(clamping: option.data.count))
            bytes += option.data
        }
    }
}

/// The network of the client for which a resolver asks (RFC 7871).
package struct ClientSubnet: Hashable, Sendable {
    /// Its first bits; the resolver keeps the rest to itself.
    package var source: CIDRBlock
    /// For how many bits of the client's address an answer holds. 0 in queries.
    package var scope: UInt8

    package init(source: CIDRBlock, scope: UInt8 = 0) {
        self.source = source
        self.scope = scope
    }

    /// - Throws: for what RFC 7871 §6 and §7.1.2 forbid: an unknown family, more or fewer bytes than the
    ///   prefix has, bits after it.
    package init(_ option: EDNSOption) throws(DNSMessageError) {
        let bytes = option.data
        guard bytes.count >= 4 else { throw .invalidOPT }
        let (length, scope) = (bytes[2], bytes[3])
        let width: UInt8
        switch (bytes[0], bytes[1]) {
        case (0, 1): width = 32
        case (0, 2): width = 128
        default: throw .invalidOPT
        }
        guard length <= width, bytes.count == 4 + (Int(length) + 7) / 8 else { throw .invalidOPT }
        var bits: UInt128 = 0
        for byte in bytes[4...] { bits = bits << 8 | UInt128(byte) }
        bits <<= UInt128(Int(width) - 8 * (bytes.count - 4))
        let address = IPAddress(width == 32 ? .v4 : .v6, bits: bits)
        let source = CIDRBlock(containing: address, prefixLength: length)
        guard source.network == address else { throw .invalidOPT }
        self.init(source: source, scope: scope)
    }

    package var option: EDNSOption {
        let (length, width) = (source.prefixLength, source.family.bitWidth)
        var data: [UInt8] = [0, source.family == .v4 ? 1 : 2, length, scope]
        for index in 0..<(Int(length) + 7) / 8 {
            data.append(
                UInt8(truncatingIfNeeded: source.network.bits >> (Int(width) - 8 * (index + 1)))
            )
        }
        return EDNSOption(code: EDNSOption.clientSubnet, data: data)
    }
}
