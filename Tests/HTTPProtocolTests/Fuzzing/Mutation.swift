/// Changes bytes as an attacker would: with the parts of messages that readers disagree on.
enum Mutation {
    private static let parts: [[UInt8]] =
        [
            "\r\n", "\n", "\r", "\r\n\r\n", "\0", " ", "\t", "\u{b}", ":", ",", ";", "\"", "\\",
            "#", "0",
            "0x", "+", "-", "_", "[", "]", "@", "/", "%0d%0a", "chunked", "identity", "HTTP/1.0",
            "HTTP/1.1", "GET / HTTP/1.1\r\n", "Host: b\r\n", "Content-Length: 5\r\n",
            "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding:\r\n",
            "Connection: host, content-length, x\r\n", "Expect: 100-continue\r\n", " x: y\r\n",
            "\r\n0\r\n\r\n", "1\r\nx\r\n", "0\r\n", "ffffffffffffffff", "http://a/",
        ].map { Array($0.utf8) } + [[0x80], [0xff], [0xc3, 0xa4]]

    static func mutated(
        _ sample: [UInt8],
        _ generator: inout some RandomNumberGenerator
    ) -> [UInt8] {
        var bytes = sample
        for _ in 0..<Int.random(in: 0..<4, using: &generator) where !bytes.isEmpty {
            change(&bytes, &generator)
        }
        if Int.random(in: 0..<8, using: &generator) == 0 {
            bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator))
        }
        return bytes
    }

    private static func change(
        _ bytes: inout [UInt8],
        _ generator: inout some RandomNumberGenerator
    ) {
        let position = Int.random(in: 0..<bytes.count, using: &generator)
        let end = Int.random(in: position...min(bytes.count, position + 12), using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes[position] = UInt8.random(in: .min ... .max, using: &generator)
        case 1: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: bytes.removeSubrange(position..<end)
        case 3: bytes.insert(contentsOf: bytes[position..<end], at: end)
        default:
            let part = parts[Int.random(in: 0..<parts.count, using: &generator)]
            // Half of them at the start of a line.
            let isLine = Bool.random(using: &generator)
            let line = isLine ? bytes[position...].firstIndex(of: 0x0a).map { $0 + 1 } : nil
            bytes.insert(contentsOf: part, at: line ?? position)
        }
    }
}
