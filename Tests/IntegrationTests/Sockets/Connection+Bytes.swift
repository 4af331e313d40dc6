import Glibc

extension Connection {
    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) throws {
        try unsafe bytes.withUnsafeBytes { try unsafe send($0) }
    }

    func send(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = unsafe bytes[...]
        while unsafe !rest.isEmpty {
            let part = unsafe UnsafeRawBufferPointer(rebasing: rest)
            let count = unsafe Glibc.send(
                descriptor,
                part.baseAddress,
                part.count,
                Int32(MSG_NOSIGNAL)
            )
            guard count > 0 else { throw SocketError("send") }
            unsafe rest = unsafe rest.dropFirst(count)
        }
    }

    /// Reads what is there, or waits for it.
    func receive(atMost limit: Int = 65_536) throws -> Received {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = unsafe recv(descriptor, &buffer, limit, 0)
        if count > 0 { return .bytes(Array(buffer.prefix(count))) }
        if count == 0 { return .endOfStream }
        if errno == ECONNRESET { return .reset }
        throw SocketError("recv")
    }

    /// Reads `count` bytes.
    ///
    /// - Throws: ``HarnessError`` if the other side ends before.
    func receive(exactly count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let received = try receive(atMost: count - bytes.count)
            guard case .bytes(let more) = received else {
                throw HarnessError("\(received) after \(bytes.count) of \(count) bytes: \(bytes)")
            }
            bytes += more
        }
        return bytes
    }

    func receiveText(byteCount: Int) throws -> String {
        String(decoding: try receive(exactly: byteCount), as: UTF8.self)
    }

    /// Reads until the other side ends.
    func receiveToEnd() throws -> (bytes: [UInt8], ending: Ending) {
        var bytes: [UInt8] = []
        while true {
            switch try receive() {
            case .bytes(let more): bytes += more
            case .endOfStream: return (bytes, .endOfStream)
            case .reset: return (bytes, .reset)
            }
        }
    }

    /// Whether a read would return at once, with bytes or an end.
    var isReadable: Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&request, 1, 0) == 1
    }

    /// Whether nothing at all, not even an end, arrives for `duration`.
    func isSilent(for duration: Duration) throws -> Bool {
        set(deadline: duration)
        defer { set(deadline: patience) }
        do {
            _ = try receive(atMost: 1)
            return false
        } catch let error as SocketError where error.isDeadline {
            return true
        }
    }

    /// Sends `text` and expects it back.
    func exchange(_ text: String) throws -> Bool {
        try send(text)
        return try receiveText(byteCount: text.utf8.count) == text
    }
}
