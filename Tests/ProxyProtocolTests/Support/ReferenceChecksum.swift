/// CRC32c one bit at a time, from its polynomial: slow, and independent of the library's table.
func referenceChecksum(_ bytes: [UInt8]) -> UInt32 {
    var remainder: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        for bit in 0..<8 {
            let isSet = (remainder ^ UInt32(byte >> UInt8(bit))) & 1 == 1
            remainder = remainder >> 1 ^ (isSet ? 0x82F6_3B78 : 0)
        }
    }
    return ~remainder
}

/// `header` with its checksum computed and put at `offset`, where zeros stand.
func sealed(_ header: [UInt8], at offset: Int) -> [UInt8] {
    let checksum = referenceChecksum(header)
    var sealed = header
    for index in 0..<4 { sealed[offset + index] = UInt8(checksum >> (24 - 8 * index) & 0xFF) }
    return sealed
}
