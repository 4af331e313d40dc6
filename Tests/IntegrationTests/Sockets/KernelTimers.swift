import Foundation
import Glibc

/// What the kernel waits for on a socket (proc_net_tcp(5)).
enum KernelTimers {
    /// Seconds until the next keepalive probe of the socket between these two ports of 127.0.0.1;
    /// `nil` where keepalive is off.
    ///
    /// The table is read anew until the socket is in it: it comes in pieces, and entries are missed
    /// while others come and go.
    static func secondsToKeepalive(localPort: UInt16, remotePort: UInt16) throws -> Double? {
        let timer: Timer = try wait(for: "a connection from port \(localPort) to \(remotePort)") {
            try current(localPort: localPort, remotePort: remotePort)
        }
        return timer.isKeepalive ? timer.seconds : nil
    }

    private struct Timer {
        let isKeepalive: Bool
        let seconds: Double
    }

    /// Searches the bytes: after other tests the table has ten thousands of lines.
    private static func current(localPort: UInt16, remotePort: UInt16) throws -> Timer? {
        let table = try Self.table()
        // … local remote state tx:rx timer:when …, where state 01 is "established".
        let key = Data("\(written(localPort)) \(written(remotePort)) 01 ".utf8)
        guard let found = table.firstRange(of: key) else { return nil }
        let rest = String(decoding: table[found.upperBound...].prefix(40), as: UTF8.self)
        let fields = rest.split(separator: " ")
        guard fields.count > 1 else { return nil }
        let timer = fields[1].split(separator: ":")
        guard timer.count == 2, let hundredths = Int(timer[1], radix: 16) else { return nil }
        return Timer(isKeepalive: timer[0] == "02", seconds: Double(hundredths) / 100)
    }

    /// Reads to the end: the kernel gives a page at a time, and Foundation takes the first for all.
    static func table() throws -> Data {
        let descriptor = unsafe open("/proc/net/tcp", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SocketError("open /proc/net/tcp") }
        defer { close(descriptor) }
        var table = Data()
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe read(descriptor, &piece, piece.count)
            guard count > 0 else { return table }
            table.append(contentsOf: piece.prefix(count))
        }
    }

    /// A port of 127.0.0.1, as the table has it.
    private static func written(_ port: UInt16) -> String {
        let digits = String(port, radix: 16, uppercase: true)
        return "0100007F:" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
