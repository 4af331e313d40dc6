/// A message's basic types, in network byte order (RFC 1035 §2.3.2). Each read moves `position` to
/// after what it returns.
extension Span<UInt8> {
    func byte(at position: inout Int) throws(DNSMessageError) -> UInt8 {
        guard position < count else { throw .truncated }
        defer { position += 1 }
        return self[position]
    }

    func number16(at position: inout Int) throws(DNSMessageError) -> UInt16 {
        guard count - position >= 2 else { throw .truncated }
        defer { position += 2 }
        return UInt16(self[position]) << 8 | UInt16(self[position + 1])
    }

    func number32(at position: inout Int) throws(DNSMessageError) -> UInt32 {
        let high = try number16(at: &position)
        return UInt32(high) << 16 | UInt32(try number16(at: &position))
    }

    func bytes(_ length: Int, at position: inout Int) throws(DNSMessageError) -> [UInt8] {
        guard length <= count - position else { throw .truncated }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length)
        for index in position..<position + length { bytes.append(self[index]) }
        position += length
        return bytes
    }

    /// A name's labels as they are spelled, without pointers (RFC 1035 §4.1.4).
    ///
    /// A pointer must lead to before the labels that it ends, so that at most as many are followed as a
    /// name has bytes.
    func spelledName(at position: inout Int) throws(DNSMessageError) -> [UInt8] {
        var name: [UInt8] = []
        name.reserveCapacity(64)
        var (place, start, end) = (position, position, -1)
        while true {
            let length = Int(try byte(at: &place))
            switch length {
            case 0:
                name.append(0)
                position = end < 0 ? place : end
                return name
            case 1...DNSName.labelByteLimit:
                guard length <= count - place else { throw .truncated }
                guard name.count + length + 2 <= DNSName.byteLimit else { throw .nameTooLong }
                name.append(UInt8(length))
                for index in place..<place + length { name.append(self[index]) }
                place += length
            case 0xc0...0xff:
                let target = (length & 0x3f) << 8 | Int(try byte(at: &place))
                guard target >= DNSHeader.byteCount, target < start else { throw .invalidPointer }
                if end < 0 { end = place }
                (place, start) = (target, target)
            default:
                throw .invalidName
            }
        }
    }

    func name(at position: inout Int) throws(DNSMessageError) -> DNSName {
        DNSName(spelling: try spelledName(at: &position))
    }
}

extension [UInt8] {
    mutating func append16(_ number: UInt16) {
        append(UInt8(truncatingIfNeeded: number >> 8))
        append(UInt8(truncatingIfNeeded: number))
    }

    mutating func append32(_ number: UInt32) {
        append16(UInt16(truncatingIfNeeded: number >> 16))
        append16(UInt16(truncatingIfNeeded: number))
    }

    mutating func append48(_ number: UInt64) {
        append16(UInt16(truncatingIfNeeded: number >> 32))
        append32(UInt32(truncatingIfNeeded: number))
    }
}
