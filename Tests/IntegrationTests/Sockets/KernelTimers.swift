import Foundation

/// What the kernel waits for on a socket (proc_net_tcp(5)).
enum KernelTimers {
    /// Seconds until the next keepalive probe of the IPv4 socket between these two ports; `nil`
    /// where keepalive is off.
    static func secondsToKeepalive(localPort: UInt16, remotePort: UInt16) throws -> Double? {
        let table = try String(contentsOfFile: "/proc/net/tcp", encoding: .ascii)
        for line in table.split(separator: "\n").dropFirst() {
            // sl local remote state tx:rx timer:when …
            let fields = line.split(separator: " ")
            guard fields.count > 5, port(in: fields[1]) == localPort,
                port(in: fields[2]) == remotePort, fields[3] == "01"
            else { continue }
            let timer = fields[5].split(separator: ":")
            guard timer.count == 2, timer[0] == "02" else { return nil }
            return Int(timer[1], radix: 16).map { Double($0) / 100 }
        }
        throw HarnessError("no connection from port \(localPort) to \(remotePort)")
    }

    private static func port(in address: Substring) -> UInt16? {
        address.split(separator: ":").last.flatMap { UInt16($0, radix: 16) }
    }
}
