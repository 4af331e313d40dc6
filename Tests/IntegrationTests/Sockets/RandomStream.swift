import Glibc

/// A stream of random bytes that both of its ends know, so that each byte is compared and not
/// only a sum of all.
struct RandomStream: Sendable {
    /// Random bytes, of a length that is no multiple of any buffer's.
    private static let pool: [UInt8] = {
        var generator = SystemRandomNumberGenerator()
        let words = (0..<160_001).map { _ in generator.next() }
        return unsafe words.withUnsafeBytes { unsafe Array($0) }.dropLast(3)
    }()

    /// Where in the pool the stream begins: every stream differs.
    var offset: Int
    var byteCount: Int

    /// Lends the bytes from `position` on: at least one and at most `limit`.
    func withBytes<Result>(
        at position: Int,
        atMost limit: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let start = (offset + position) % Self.pool.count
        let count = min(limit, Self.pool.count - start, byteCount - position)
        return try unsafe Self.pool.withUnsafeBytes {
            try unsafe body(UnsafeRawBufferPointer(rebasing: $0[start..<start + count]))
        }
    }

    /// The number of bytes in `received` that are those of the stream from `position` on.
    func agreement(with received: UnsafeRawBufferPointer, at position: Int) -> Int {
        var agreed = 0
        while agreed < received.count, position + agreed < byteCount {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: received[agreed...])
            let count = unsafe withBytes(at: position + agreed, atMost: rest.count) {
                unsafe Self.areEqual($0, rest) ? $0.count : 0
            }
            guard count > 0 else { return agreed }
            agreed += count
        }
        return agreed
    }

    /// Compares the bytes of `expected`, of which `received` has at least as many.
    private static func areEqual(
        _ expected: UnsafeRawBufferPointer,
        _ received: UnsafeRawBufferPointer
    ) -> Bool {
        guard let a = expected.baseAddress, let b = received.baseAddress else {
            return false
        }
        return unsafe memcmp(a, b, expected.count) == 0
    }
}
