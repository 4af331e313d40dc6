import Checksums

extension CompiledTrie {
    /// Loads what ``image()`` wrote.
    ///
    /// Every offset, count and number is checked here, once, so that lookups need not: whatever
    /// the bytes are, the result is an error or a trie in which lookups are safe.
    ///
    /// - Complexity: O(*n*) for *n* bytes.
    public init(image: [UInt8]) throws(ImageError) {
        var reader = try ImageReader(image)
        let v4 = try reader.trie()
        let v6 = try reader.trie()
        let rules = try reader.rules()
        var history = EditHistory(compiledRuleCount: rules.table.count)
        history.isCompiledHere = false
        self.init(rules: rules.table, order: rules.order, v4: v4, v6: v6, history: history)
        try reader.finish()
        do {
            try checkInvariants()
        } catch {
            throw .invalid(error)
        }
    }
}

/// Reads an image's fields from the first to the last.
struct ImageReader {
    private let bytes: [UInt8]
    private var offset = ImageFormat.headerByteCount
    /// Where the checksum begins.
    private let end: Int

    /// Checks the header and the checksum.
    init(_ bytes: [UInt8]) throws(ImageError) {
        guard CompiledTrie.isImage(bytes.span) else { throw .notAnImage }
        self.bytes = bytes
        end = bytes.count - ImageFormat.checksumByteCount
        try checkHeader()
        try checkChecksum()
    }

    private func checkHeader() throws(ImageError) {
        guard end >= ImageFormat.headerByteCount else { throw .truncated }
        let byteOrder: UInt32 = load(at: 12)
        guard byteOrder == ImageFormat.byteOrder else {
            throw byteOrder == ImageFormat.byteOrder.byteSwapped ? .byteOrder : .checksum
        }
        let version: UInt32 = load(at: 8)
        guard version == ImageFormat.version else { throw .version(version) }
        let byteCount: UInt64 = load(at: ImageFormat.byteCountOffset)
        guard byteCount <= bytes.count else { throw .truncated }
        guard byteCount == bytes.count else {
            throw .trailingBytes(bytes.count - Int(truncatingIfNeeded: byteCount))
        }
    }

    private func checkChecksum() throws(ImageError) {
        var checksum = CRC32C()
        checksum.update(bytes.span.extracting(..<end))
        let expected: UInt64 = load(at: end)
        guard expected == checksum.value else { throw .checksum }
    }

    mutating func trie() throws(ImageError) -> RadixTrie {
        let (mask, prefix) = (try number(), try number())
        let (shift, indexMask) = (try number(), try number())
        let (byteOffset, outside) = (try number(), try number())
        let table = RootTable(
            mask: mask,
            prefix: prefix,
            shift: shift,
            indexMask: indexMask,
            byteOffset: Int(clamping: byteOffset),
            outside: Slot(rawValue: UInt32(truncatingIfNeeded: outside))
        )
        return RadixTrie(words: try array(), table: table)
    }

    mutating func rules() throws(ImageError) -> (table: RuleTable, order: RuleOrder) {
        let heads: [UInt16] = try array()
        var table = RuleTable()
        table.setHeads(heads.map { RuleHead(rawValue: $0) })
        table.positions = try array()
        table.networks = try array()
        table.descriptions = try array()
        table.expiries = try array()
        let order = RuleOrder(indices: try array())
        var chunks: [[UInt8]] = []
        for _ in 0..<(try number()) { chunks.append(try array()) }
        table.texts = TextTable(chunks: chunks)
        let gaps = table.heads.indices.filter { table.heads[$0].isVacant }
        table.vacancies = gaps.map { UInt32(truncatingIfNeeded: $0) }
        return (table, order)
    }

    func finish() throws(ImageError) {
        guard offset == end else { throw .trailingBytes(end - offset) }
    }
}

extension ImageReader {
    private mutating func number() throws(ImageError) -> UInt64 {
        guard end - offset >= 8 else { throw .truncated }
        defer { offset += 8 }
        return load(at: offset)
    }

    private mutating func array<Element: BitwiseCopyable & FixedWidthInteger>()
        throws(ImageError) -> [Element]
    {
        let stride = MemoryLayout<Element>.stride
        guard let count = Int(exactly: try number()), count <= (end - offset) / stride else {
            throw .truncated
        }
        let range = offset..<offset + count * stride
        offset = min(end, (range.upperBound + ImageFormat.alignment - 1) / 8 * 8)
        // Of no capacity it would be the shared empty array, whose count is written all the same:
        // a race with whoever else reads an image.
        guard count > 0 else { return [] }
        return unsafe [Element](unsafeUninitializedCapacity: count) { elements, initializedCount in
            unsafe bytes.withUnsafeBytes { bytes in
                unsafe UnsafeMutableRawBufferPointer(elements).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[range])
                )
            }
            initializedCount = count
        }
    }

    private func load<Number: BitwiseCopyable>(at offset: Int) -> Number {
        unsafe bytes.withUnsafeBytes {
            unsafe $0.loadUnaligned(fromByteOffset: offset, as: Number.self)
        }
    }
}
