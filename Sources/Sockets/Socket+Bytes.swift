internal import CSockets
internal import Glibc

extension Socket {
    /// Reads into `buffer`, `limit` bytes at most (recv(2)).
    public func read(into buffer: ScratchBuffer, atMost limit: Int = .max) -> ReadOutcome {
        let byteCount = min(buffer.byteCount, limit)
        let count = unsafe csockets_read(descriptor, buffer.base, byteCount)
        return ReadOutcome(count)
    }

    /// Discards at most `byteCount` bytes from the socket without copying them (MSG_TRUNC, tcp(7)).
    public func discard(_ byteCount: Int) -> ReadOutcome {
        ReadOutcome(csockets_discard(descriptor, max(byteCount, 0)))
    }

    /// Writes the bytes of `buffer` in `range` (send(2), without SIGPIPE).
    ///
    /// - Parameter hasMore: whether more, or the end of the stream, follows immediately: a last
    ///   segment that is not full waits for it (MSG_MORE, send(2)).
    public func write(
        _ buffer: ScratchBuffer,
        _ range: Range<Int>,
        hasMore: Bool = false
    ) -> WriteOutcome {
        precondition(range.lowerBound >= 0 && range.upperBound <= buffer.byteCount)
        let start = unsafe buffer.base + range.lowerBound
        let count =
            hasMore
            ? unsafe csockets_write_more(descriptor, start, range.count)
            : unsafe csockets_write(descriptor, start, range.count)
        return WriteOutcome(count)
    }

    /// Writes `bytes` from `offset` on.
    public func write(_ bytes: [UInt8], from offset: Int = 0) -> WriteOutcome {
        unsafe bytes.withUnsafeBytes { buffer in
            let rest = unsafe buffer[offset...]
            guard let start = unsafe UnsafeRawBufferPointer(rebasing: rest).baseAddress else {
                return .bytes(count: 0)
            }
            return WriteOutcome(unsafe csockets_write(descriptor, start, rest.count))
        }
    }
}

extension ReadOutcome {
    /// From read(2)'s count, or -errno. An interrupted call has read nothing yet.
    init(_ count: Int64) {
        switch count {
        case 1...: self = .bytes(count: Int(count))
        case 0: self = .endOfStream
        case Int64(-EAGAIN), Int64(-EINTR): self = .wouldBlock
        default: self = .failed(SystemError(code: Int32(truncatingIfNeeded: -count)))
        }
    }
}

extension WriteOutcome {
    /// From write(2)'s count, or -errno.
    init(_ count: Int64) {
        switch count {
        case 0...: self = .bytes(count: Int(count))
        case Int64(-EAGAIN), Int64(-EINTR): self = .wouldBlock
        default: self = .failed(SystemError(code: Int32(truncatingIfNeeded: -count)))
        }
    }
}
