import Addresses
import Sockets
import Text

/// Standard output, written in large chunks. Foreign text must be escaped before it is appended
/// (``/Core/LogText``).
struct OutputBuffer {
    /// Flushed when it holds at least this many bytes.
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
        block.write(to: &self)
    }
}
