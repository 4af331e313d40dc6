import Checksums

extension CompiledTrie {
    /// The compiled form as bytes, to be kept in a file and loaded by ``init(image:)``.
    ///
    /// What edits have left unused is not in it.
    ///
    /// - Complexity: O(*n*) for *n* bytes.
    public func image() -> [UInt8] {
        let isCompact = !history.isEdited && rules.isCompact
        let trie = isCompact ? self : CompiledTrie(compiling: rules.compacted, in: order)
        var writer = ImageWriter()
        writer.append(trie.v4)
        writer.append(trie.v6)
        writer.append(trie.rules, trie.order)
        return writer.finish()
    }
}

struct ImageWriter {
    private var bytes: [UInt8] = ImageFormat.magic

    init() {
        append(ImageFormat.version)
        append(ImageFormat.byteOrder)
        append(UInt64(0))
    }

    mutating func append(_ trie: RadixTrie) {
        append(trie.table.mask)
        append(trie.table.prefix)
        append(trie.table.shift)
        append(trie.table.indexMask)
        append(UInt64(trie.table.byteOffset))
        append(UInt64(trie.table.outside.rawValue))
        append(trie.words)
    }

    mutating func append(_ rules: RuleTable, _ order: RuleOrder) {
        append(rules.heads.map(\.rawValue))
        append(rules.positions)
        append(rules.networks)
        append(rules.descriptions)
        append(rules.expiries)
        append(order.indices)
        append(UInt64(rules.texts.chunks.count))
        for chunk in rules.texts.chunks { append(chunk) }
    }

    /// Writes the count of bytes into the header and the checksum after the end.
    mutating func finish() -> [UInt8] {
        bytes.append(contentsOf: [UInt8](repeating: 0, count: ImageFormat.checksumByteCount))
        Self.seal(&bytes)
        return bytes
    }

    /// Makes the header's count and the checksum those of `image`, whatever else it holds.
    static func seal(_ image: inout [UInt8]) {
        let end = image.count - ImageFormat.checksumByteCount
        guard end >= ImageFormat.headerByteCount else { return }
        image.store(UInt64(image.count), at: ImageFormat.byteCountOffset)
        var checksum = CRC32C()
        checksum.update(image.span.extracting(..<end))
        image.store(UInt64(checksum.value), at: end)
    }

    private mutating func append<Element: BitwiseCopyable>(_ array: [Element]) {
        append(UInt64(array.count))
        unsafe array.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        while bytes.count % ImageFormat.alignment != 0 { bytes.append(0) }
    }

    private mutating func append(_ number: some BitwiseCopyable) {
        unsafe withUnsafeBytes(of: number) { unsafe bytes.append(contentsOf: $0) }
    }
}

extension [UInt8] {
    fileprivate mutating func store(_ number: UInt64, at offset: Int) {
        for index in 0..<8 {
            let place = ImageFormat.isLittleEndian ? index : 7 - index
            self[offset + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * place))
        }
    }
}
