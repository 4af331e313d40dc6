import Addresses
import Sockets
import Text

/// Standard output, written in large pieces. Whoever appends foreign text makes it visible first
/// (``/Core/LogText``).
struct OutputBuffer {
    /// Flushed when it holds more than this, in bytes.
    static let capacity = 1 << 16

    var bytes: [UInt8] = []

    mutating func flushIfFull() throws {
        if bytes.count >= Self.capacity { try flush() }
    }

    mutating func flush() throws {
        try File.standardOutput.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}

extension [UInt8] {
    mutating func append(_ address: IPAddress) {
        address.write(to: &self)
    }

    mutating func append(_ block: CIDRBlock) {
        block.network.write(to: &self)
        append(UInt8(ascii: "/"))
        append(contentsOf: String(block.prefixLength).utf8)
    }
}
