/// Texts in chunks, so that adding one to a million copies no more than a chunk.
///
/// A text's place is its chunk's number in the upper 16 bits and its offset in the lower 16. It
/// starts with the number of its bytes, seven bits a byte with the lowest first and the highest bit
/// set in all but the last; the bytes themselves follow. Place 0 is the empty text.
struct TextTable: Hashable, Sendable {
    /// A text starts in the first 64 KiB of its chunk; it may end after them.
    private static let startLimit = 1 << 16

    private(set) var chunks: [[UInt8]] = []

    init() {}

    init(chunks: [[UInt8]]) { self.chunks = chunks }

    /// - Complexity: O(*n*) for *n* bytes of the text.
    subscript(place: UInt32) -> String {
        guard place != 0 else { return "" }
        let chunk = Int(place >> 16)
        let range = Self.range(of: Int(place & 0xffff), in: chunks[chunk])
        return String(decoding: chunks[chunk][range], as: UTF8.self)
    }

    func withBytes<Result>(at place: UInt32, _ body: (Span<UInt8>) -> Result) -> Result {
        guard place != 0 else {
            let empty: [UInt8] = []
            return body(empty.span)
        }
        let chunk = chunks[Int(place >> 16)]
        return body(chunk.span.extracting(Self.range(of: Int(place & 0xffff), in: chunk)))
    }

    func byteCount(at place: UInt32) -> Int {
        place == 0 ? 0 : Self.range(of: Int(place & 0xffff), in: chunks[Int(place >> 16)]).count
    }

    /// Of all texts.
    var byteCount: Int { chunks.reduce(0) { $0 + $1.count } }

    /// - Returns: the place of `text`, which gets one of its own, even if it is there already.
    mutating func append(_ text: String) -> UInt32 {
        guard !text.isEmpty else { return 0 }
        // The first byte is the empty text's count.
        if chunks.isEmpty { chunks.append([0]) }
        if chunks[chunks.count - 1].count >= Self.startLimit { chunks.append([]) }
        precondition(chunks.count <= 1 << 16, "more than 4 GiB of descriptions")
        let last = chunks.count - 1
        let place = UInt32(truncatingIfNeeded: last << 16 | chunks[last].count)
        var rest = text.utf8.count
        while rest > 0x7f {
            chunks[last].append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        chunks[last].append(UInt8(truncatingIfNeeded: rest))
        chunks[last].append(contentsOf: text.utf8)
        return place
    }

    private static func range(of offset: Int, in chunk: [UInt8]) -> Range<Int> {
        var start = offset
        var count = 0
        var shift = 0
        while chunk[start] & 0x80 != 0 {
            count |= Int(chunk[start] & 0x7f) << shift
            shift += 7
            start += 1
        }
        count |= Int(chunk[start]) << shift
        return start + 1..<start + 1 + count
    }
}

// MARK: - Invariants

extension TextTable {
    /// The first error in the chunks, or in one of `places`.
    func error(at places: [UInt32]) -> TrieError.Reason? {
        var starts: [Set<UInt16>] = []
        do throws(TrieError.Reason) {
            for chunk in chunks { starts.append(try Self.starts(in: chunk)) }
        } catch {
            return error
        }
        guard chunks.isEmpty || chunks[0].first == 0, chunks.count <= 1 << 16 else {
            return .ruleText
        }
        let areValid = places.allSatisfy { place in
            let chunk = Int(place >> 16)
            return place == 0
                || chunk < starts.count
                    && starts[chunk].contains(UInt16(truncatingIfNeeded: place))
        }
        return areValid ? nil : .ruleText
    }

    /// Where the chunk's texts start, which fill it.
    private static func starts(in chunk: [UInt8]) throws(TrieError.Reason) -> Set<UInt16> {
        var starts: Set<UInt16> = []
        var offset = 0
        while offset < chunk.count {
            guard offset < startLimit, let range = checkedRange(of: offset, in: chunk) else {
                throw .ruleText
            }
            starts.insert(UInt16(truncatingIfNeeded: offset))
            try check(chunk.span.extracting(range))
            offset = range.upperBound
        }
        return starts
    }

    private static func checkedRange(of offset: Int, in chunk: [UInt8]) -> Range<Int>? {
        let countByteCount = chunk[offset...].prefix { $0 & 0x80 != 0 }.count + 1
        // Five bytes of seven bits: less than 32 GiB, so that nothing overflows.
        guard countByteCount <= 5, offset + countByteCount <= chunk.count else { return nil }
        let range = range(of: offset, in: chunk)
        return range.upperBound <= chunk.count ? range : nil
    }

    private static func check(_ text: Span<UInt8>) throws(TrieError.Reason) {
        for index in text.indices {
            let byte = text[index]
            if byte < 0x20 && byte != UInt8(ascii: "\t") || byte == 0x7f { throw .controlCharacter }
        }
        // `try?`: where the bytes are not UTF-8 does not matter, as they were not written by hand.
        if (try? UTF8Span(validating: text)) == nil { throw .invalidUTF8 }
    }
}

// MARK: - The same text once

/// Finds the place of a text that is in a ``TextTable`` already; needed only while it is filled.
struct TextIndex: Sendable {
    /// Open addressing: the upper half of a text's hash, then its place; 0 where there is none.
    private var entries: [UInt64] = []
    private var count = 0

    /// The place of `text`, which is appended if it is new.
    mutating func place(of text: String, in table: inout TextTable) -> UInt32 {
        guard !text.isEmpty else { return 0 }
        if count * 4 >= entries.count * 3 { grow() }
        let hash = UInt64(UInt32(truncatingIfNeeded: text.hashValue))
        var index = Int(hash) & (entries.count - 1)
        while entries[index] != 0 {
            let place = UInt32(truncatingIfNeeded: entries[index])
            if entries[index] >> 32 == hash, table[place].utf8.elementsEqual(text.utf8) {
                return place
            }
            index = (index + 1) & (entries.count - 1)
        }
        let place = table.append(text)
        entries[index] = hash << 32 | UInt64(place)
        count += 1
        return place
    }

    private mutating func grow() {
        let old = entries
        entries = [UInt64](repeating: 0, count: max(16, old.count * 2))
        for entry in old where entry != 0 {
            var index = Int(entry >> 32) & (entries.count - 1)
            while entries[index] != 0 { index = (index + 1) & (entries.count - 1) }
            entries[index] = entry
        }
    }
}
