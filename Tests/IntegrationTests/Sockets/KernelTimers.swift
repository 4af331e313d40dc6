import Foundation

/// What the kernel waits for on a socket (proc_net_tcp(5)).
enum KernelTimers {
    /// Seconds until the next keepalive probe of the IPv4 socket between these two ports; `nil`
    /// where keepalive is off.
    ///
    /// The table is read anew until the socket is in it: entries are missed while others come and
    /// go (proc_net_tcp is read in pieces).
    static func secondsToKeepalive(localPort: UInt16, remotePort: UInt16) throws -> Double? {
        let found: SocketTimer = try wait(
            for: "a connection from port \(localPort) to \(remotePort)",
            finding: { try current(localPort: localPort, remotePort: remotePort) }
        )
        return found.secondsToKeepalive
    }

    private static func current(localPort: UInt16, remotePort: UInt16) throws -> SocketTimer? {
        let table = try String(contentsOfFile: "/proc/net/tcp", encoding: .ascii)
        for line in table.split(separator: "\n").dropFirst() {
            // sl local remote state tx:rx timer:when …
            let fields = line.split(separator: " ")
            guard fields.count > 5, port(in: fields[1]) == localPort,
                port(in: fields[2]) == remotePort, fields[3] == "01"
            else { continue }
            let timer = fields[5].split(separator: ":")
            guard timer.count == 2, let hundredths = Int(timer[1], radix: 16) else { continue }
            return SocketTimer(isKeepalive: timer[0] == "02", seconds: Double(hundredths) / 100)
        }
        return nil
    }

    private struct SocketTimer {
        let isKeepalive: Bool
        let seconds: Double

        var secondsToKeepalive: Double? { isKeepalive ? seconds : nil }
    }

    private static func port(in address: Substring) -> UInt16? {
        address.split(separator: ":").last.flatMap { UInt16($0, radix: 16) }
    }
}
