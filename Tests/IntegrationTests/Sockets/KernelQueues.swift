import Foundation
import Glibc

/// What the kernel holds in a gateway's sockets on 127.0.0.1 (proc_net_tcp(5)).
enum KernelQueues {
    /// Bytes received and not read, and written and not acknowledged, in the sockets with this local
    /// port and in those with this remote one.
    static func heldByteCount(listen: UInt16, backend: UInt16) throws -> Int {
        try entries().reduce(0) { sum, entry in
            guard entry.localPort == listen || entry.remotePort == backend else { return sum }
            return sum + entry.sending + entry.received
        }
    }

    private struct Entry {
        let localPort: UInt16
        let remotePort: UInt16
        let sending: Int
        let received: Int

        /// `nil` for a line that is not of a connection that stands.
        init?(_ line: Substring) {
            let fields = line.split(separator: " ", maxSplits: 5)
            guard fields.count > 4, fields[3] == "01" else { return nil }
            let queues = fields[4].split(separator: ":")
            guard queues.count == 2, let local = Self.port(fields[1]),
                let remote = Self.port(fields[2]), let sending = Int(queues[0], radix: 16),
                let received = Int(queues[1], radix: 16)
            else { return nil }
            (localPort, remotePort, self.sending, self.received) =
                (local, remote, sending, received)
        }

        private static func port(_ address: Substring) -> UInt16? {
            address.split(separator: ":").last.flatMap { UInt16($0, radix: 16) }
        }
    }

    private static func entries() throws -> [Entry] {
        String(decoding: try KernelTimers.table(), as: UTF8.self)
            .split(separator: "\n").compactMap(Entry.init)
    }
}
