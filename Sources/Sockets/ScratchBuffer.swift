/// A fixed piece of raw memory into which sockets read and from which they write.
///
/// Each shard has one for all of its connections, so that an idle connection owns no buffer.
/// Not to be shared between threads.
@safe public final class ScratchBuffer {
    /// The size in bytes.
    public let byteCount: Int
    @usableFromInline let base: UnsafeMutableRawPointer

    public init(byteCount: Int) {
        self.byteCount = byteCount
        unsafe base = .allocate(byteCount: byteCount, alignment: 64)
    }

    deinit {
        unsafe base.deallocate()
    }

    /// A copy of the bytes in `range`.
    public func copy(_ range: Range<Int>) -> [UInt8] {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        let part = unsafe UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
        return unsafe [UInt8](part)
    }

    /// Lends the bytes in `range` to `body`, without a copy.
    @inlinable
    public func withBytes<Result: ~Copyable, Failure: Error>(
        in range: Range<Int>,
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        let part = unsafe UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
        return try unsafe part.withMemoryRebound(to: UInt8.self) { (bytes) throws(Failure) in
            try body(unsafe Span(_unsafeElements: bytes))
        }
    }

    /// Lends the bytes in `range` as raw memory to code in C, for the time of `body`.
    @unsafe @inlinable
    public func withUnsafeMutableBytes<Result>(
        in range: Range<Int>,
        _ body: (UnsafeMutableRawBufferPointer) -> Result
    ) -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        return unsafe body(
            UnsafeMutableRawBufferPointer(start: base + range.lowerBound, count: range.count)
        )
    }

    /// Puts `bytes`, which must fit, at the beginning.
    public func store(_ bytes: ArraySlice<UInt8>) {
        precondition(bytes.count <= byteCount)
        for (index, byte) in bytes.enumerated() {
            unsafe base.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
    }

    /// The byte at `index`.
    public subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < byteCount)
        return unsafe base.load(fromByteOffset: index, as: UInt8.self)
    }
}
