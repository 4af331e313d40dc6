internal import CSockets
internal import Glibc

/// A kernel pipe through which bytes go from socket to socket without being copied (splice(2)).
public final class Pipe {
    private let readDescriptor: Int32
    private let writeDescriptor: Int32
    /// Its capacity in bytes.
    public let capacity: Int
    /// How many bytes it holds.
    public private(set) var heldByteCount = 0

    /// A pipe of `byteCount` bytes, or of fewer if the kernel grants no more (pipe(7)).
    public init(byteCount: Int) throws(SystemError) {
        var descriptors: (Int32, Int32) = (-1, -1)
        let capacity = unsafe withUnsafeMutableBytes(of: &descriptors) { buffer in
            let pair = unsafe buffer.assumingMemoryBound(to: Int32.self)
            return unsafe csockets_pipe(pair.baseAddress, Int32(clamping: byteCount))
        }
        self.capacity = Int(try SystemError.check(capacity))
        (readDescriptor, writeDescriptor) = descriptors
    }

    deinit {
        _ = csockets_close(readDescriptor)
        _ = csockets_close(writeDescriptor)
    }

    /// Moves what `socket` has, at most `limit` bytes and as far as there is room.
    ///
    /// If the pipe already holds something, `.wouldBlock` may also mean that it is full.
    public func fill(from socket: Socket, atMost limit: Int = .max) -> ReadOutcome {
        guard capacity > heldByteCount else { return .wouldBlock }
        let room = min(capacity - heldByteCount, max(limit, 1))
        let outcome = ReadOutcome(csockets_splice(socket.descriptor, writeDescriptor, room))
        if case .bytes(let count) = outcome { heldByteCount += count }
        return outcome
    }

    /// The same for a socket whose records the kernel decrypts, of which a call moves one: several, as
    /// far as there is room for all of each.
    ///
    /// Some kernels lose the rest of a record that does not fit (6.0 to 6.6).
    public func fillByRecords(from socket: Socket, atMost limit: Int) -> ReadOutcome {
        var total = 0
        for _ in 0..<max(1, capacity / Self.recordByteCount) {
            let rest = limit - total
            guard rest > 0 else { break }
            let outcome = fill(from: socket, atMost: rest)
            guard case .bytes(let count) = outcome else {
                return total > 0 ? .bytes(count: total) : outcome
            }
            total += count
        }
        return .bytes(count: total)
    }

    /// What a record of 16 KiB may use, as pages (MAX_SKB_FRAGS, 17).
    private static let recordByteCount = 17 * 4_096

    /// Moves what the pipe holds, as far as `socket` accepts it. The pipe must not be empty.
    public func drain(to socket: Socket) -> WriteOutcome {
        let outcome = WriteOutcome(
            csockets_splice(readDescriptor, socket.descriptor, heldByteCount)
        )
        if case .bytes(let count) = outcome { heldByteCount -= count }
        return outcome
    }
}

/// A descriptor that is closed with its owner, even with an owner whose initializer throws: a class
/// with only some properties set runs no `deinit`, but releases those properties.
struct FileDescriptor: ~Copyable, Sendable {
    let number: Int32

    /// Takes ownership of what a call returned, or throws the error that it returned instead.
    init(_ result: Int32) throws(SystemError) {
        number = try SystemError.check(result)
    }

    deinit {
        _ = csockets_close(number)
    }
}
