/// Walks over TLVs without copying their values.
struct TLVReader {
    /// Where the next TLV begins.
    private(set) var position: Int

    init(position: Int) {
        self.position = position
    }

    /// The next TLV's type and where its value stands; `nil` at the end of `bytes`.
    mutating func next(
        in bytes: Span<UInt8>
    ) throws(ProxyHeaderError) -> (type: ProxyTLVType, value: Range<Int>)? {
        let available = bytes.count - position
        guard available > 0 else { return nil }
        guard available >= BinaryLayout.tlvHeaderByteCount else {
            throw .trailingBytes(count: available)
        }
        let type = ProxyTLVType(rawValue: bytes[position])
        let byteCount = Int(bytes.uint16(at: position + 1))
        let start = position + BinaryLayout.tlvHeaderByteCount
        guard byteCount <= bytes.count - start else {
            let left = bytes.count - start
            throw .tlvPastEnd(type: type, byteCount: byteCount, availableByteCount: left)
        }
        position = start + byteCount
        return (type, start..<position)
    }
}
