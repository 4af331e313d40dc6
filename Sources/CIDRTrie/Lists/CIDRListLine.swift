/// One line of a ``CIDRList``.
enum CIDRListLine {
    /// A fault, and where in the line it stands: bytes from its start.
    struct Fault: Error {
        let reason: CIDRListFault.Reason
        let offset: Int
    }

    /// The rules that the line gives: none, one, or for a range as many as it takes.
    static func rules(of line: Span<UInt8>) throws(Fault) -> [Rule] {
        guard line.count <= CIDRList.lineLimit else {
            throw Fault(reason: .lineTooLong(limit: CIDRList.lineLimit), offset: CIDRList.lineLimit)
        }
        var start = line.skippingBlanks(from: 0)
        guard start < line.count, line[start] != UInt8(ascii: "#") else { return [] }
        let isDenied = line[start] == UInt8(ascii: "!")
        if isDenied { start = line.skippingBlanks(from: start + 1) }
        let end = line.endOfWord(from: start)
        guard start < end else { throw Fault(reason: .missingAddress, offset: start) }
        let blocks = try blocks(of: line, in: start..<end)
        let description = try description(of: line, from: end)
        return blocks.map {
            Rule(block: $0, action: isDenied ? .deny : .allow, description: description)
        }
    }

    private static func blocks(
        of line: Span<UInt8>,
        in range: Range<Int>
    ) throws(Fault) -> [CIDRBlock] {
        do {
            return try AddressRange(parsing: line.extracting(range)).blocks
        } catch {
            throw Fault(reason: .address(error.reason), offset: range.lowerBound + error.offset)
        }
    }

    private static func description(
        of line: Span<UInt8>,
        from end: Int
    ) throws(Fault) -> String {
        var start = line.skippingBlanks(from: end)
        if start < line.count, line[start] == UInt8(ascii: "#") {
            start = line.skippingBlanks(from: start + 1)
        }
        let text = line.extracting(start..<max(start, line.endWithoutBlanks))
        for offset in text.indices where text[offset].isControl {
            throw Fault(reason: .controlCharacter(text[offset]), offset: start + offset)
        }
        do {
            return String(copying: try UTF8Span(validating: text))
        } catch {
            throw Fault(reason: .invalidUTF8, offset: start + error.byteOffsets.lowerBound)
        }
    }
}

extension Span<UInt8> {
    fileprivate func skippingBlanks(from start: Int) -> Int {
        var offset = start
        while offset < count, self[offset].isBlank { offset += 1 }
        return offset
    }

    fileprivate func endOfWord(from start: Int) -> Int {
        var offset = start
        while offset < count, !self[offset].isBlank, self[offset] != UInt8(ascii: "#") {
            offset += 1
        }
        return offset
    }

    fileprivate var endWithoutBlanks: Int {
        var end = count
        while end > 0, self[end - 1].isBlank { end -= 1 }
        return end
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool {
        self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") || self == UInt8(ascii: "\r")
    }

    fileprivate var isControl: Bool { self < 0x20 && self != UInt8(ascii: "\t") || self == 0x7f }
}
