/// What a backend was told about the client, read from its socket.
enum ReceivedProxyHeader {
    struct V2 {
        var command: UInt8
        var source: Endpoint
        var tlvs: [ProxyHeaderV2.TLV]
        var bytes: [UInt8]
    }

    /// Reads a v1 line, with its end.
    static func v1(from connection: Connection) throws -> String {
        var line: [UInt8] = []
        while !line.ends(with: [0x0d, 0x0a]) {
            guard line.count < 107 else { throw HarnessError("no end in \(line)") }
            line += try connection.receive(exactly: 1)
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// Reads a v2 header with IPv4 addresses.
    static func v2(from connection: Connection) throws -> V2 {
        let head = try connection.receive(exactly: 16)
        guard head.starts(with: ProxyHeaderV2.signature) else {
            throw HarnessError("no signature: \(head)")
        }
        let body = try connection.receive(exactly: Int(head[14]) << 8 | Int(head[15]))
        guard head[13] == 0x11, body.count >= 12 else {
            throw HarnessError("not TCP over IPv4: \(head), \(body)")
        }
        let host = body[..<4].map(String.init).joined(separator: ".")
        return V2(
            command: head[12],
            source: Endpoint(host, UInt16(body[8]) << 8 | UInt16(body[9])),
            tlvs: try tlvs(in: Array(body[12...])),
            bytes: head + body
        )
    }

    private static func tlvs(in bytes: [UInt8]) throws -> [ProxyHeaderV2.TLV] {
        var found: [ProxyHeaderV2.TLV] = []
        var rest = bytes[...]
        while rest.count >= 3 {
            let head = Array(rest.prefix(3))
            let count = Int(head[1]) << 8 | Int(head[2])
            guard rest.count >= 3 + count else { throw HarnessError("a TLV past the end") }
            found.append(ProxyHeaderV2.TLV(head[0], Array(rest.dropFirst(3).prefix(count))))
            rest = rest.dropFirst(3 + count)
        }
        guard rest.isEmpty else { throw HarnessError("bytes after the last TLV: \(rest)") }
        return found
    }
}

extension Array where Element == UInt8 {
    func ends(with suffix: [UInt8]) -> Bool {
        self.suffix(suffix.count).elementsEqual(suffix)
    }
}
