import Glibc

/// How one end of a stream behaves: in what pieces, and how often it rests.
struct Pace: Sendable {
    var largestChunk: Int
    /// One pause in so many chunks; 0 for none.
    var chunksPerPause: Int

    /// A pace at which a stream of `byteCount` takes a second or two at most.
    static func random(for byteCount: Int) -> Pace {
        let smallest = max(100, byteCount / 400)
        return Pace(
            largestChunk: Int.random(in: smallest...max(smallest, 1_000_000)),
            chunksPerPause: [0, 10, 30].randomElement() ?? 0
        )
    }

    func rest(after chunk: Int) {
        if chunksPerPause > 0, chunk % chunksPerPause == chunksPerPause - 1 {
            pause(.milliseconds(Int.random(in: 1...30)))
        }
    }
}

extension RandomStream {
    /// Writes the whole stream and ends it.
    func write(to connection: Connection, at pace: Pace) throws {
        var position = 0
        var chunk = 0
        while position < byteCount {
            let size = Int.random(in: 1...pace.largestChunk)
            position += try unsafe withBytes(at: position, atMost: size) {
                try unsafe connection.send($0)
                return $0.count
            }
            pace.rest(after: chunk)
            chunk += 1
        }
        connection.finishSending()
    }

    /// Reads to the end.
    ///
    /// - Throws: ``HarnessError`` at the first byte that is not the stream's, at a missing one, and
    ///   at one too many.
    func verify(from connection: Connection, at pace: Pace) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1_000_000, alignment: 16)
        defer { unsafe buffer.deallocate() }
        var position = 0
        var chunk = 0
        while true {
            let size = Int.random(in: 1...pace.largestChunk)
            let count = unsafe recv(connection.descriptor, buffer.baseAddress, size, 0)
            guard count >= 0 else { throw SocketError("recv after \(position) of \(byteCount)") }
            if count == 0 { break }
            let received = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
            let agreed = unsafe agreement(with: received, at: position)
            guard agreed == count else {
                throw HarnessError("byte \(position + agreed) of \(byteCount) is wrong")
            }
            position += count
            pace.rest(after: chunk)
            chunk += 1
        }
        guard position == byteCount else {
            throw HarnessError("the end came after \(position) of \(byteCount) bytes")
        }
    }
}
