// The text of addresses as bytes, for output by the million.

extension IPAddress {
    /// Appends what ``description`` says.
    public func write(to bytes: inout [UInt8]) {
        switch self {
        case .v4(let address): address.write(to: &bytes)
        case .v6(let address): bytes.append(contentsOf: address.description.utf8)
        }
    }
}

extension IPv4Address {
    /// Appends dotted decimal.
    public func write(to bytes: inout [UInt8]) {
        for shift in stride(from: 24, through: 0, by: -8) {
            if shift < 24 { bytes.append(UInt8(ascii: ".")) }
            bytes.append(decimal: UInt8(truncatingIfNeeded: bits >> shift))
        }
    }
}

extension SocketAddress {
    /// Appends what ``description`` says.
    public func write(to bytes: inout [UInt8]) {
        if case .v6 = ip { bytes.append(UInt8(ascii: "[")) }
        ip.write(to: &bytes)
        if case .v6 = ip { bytes.append(UInt8(ascii: "]")) }
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: port)
    }
}

extension CIDRBlock {
    /// Appends what ``description`` says.
    public func write(to bytes: inout [UInt8]) {
        network.write(to: &bytes)
        bytes.append(UInt8(ascii: "/"))
        bytes.append(decimal: prefixLength)
    }
}

extension [UInt8] {
    fileprivate mutating func append(decimal number: some UnsignedInteger & FixedWidthInteger) {
        if number >= 10 { append(decimal: number / 10) }
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }
}
