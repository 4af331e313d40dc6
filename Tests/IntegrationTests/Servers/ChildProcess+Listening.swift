import Foundation

extension ChildProcess {
    /// Waits until the program accepts connections, without opening one: its backend must not
    /// see a connection that no test made.
    func waitUntilListening(at endpoint: Endpoint) throws {
        try wait(for: "a listener at \(endpoint); \(output)\(errorOutput)") {
            guard isRunning else { throw HarnessError("it ended: \(output)\(errorOutput)") }
            return ["tcp", "tcp6"].contains { listeningPorts(in: $0).contains(endpoint.port) }
        }
    }

    /// The ports on which anybody in the program's network listens (proc_pid_net(5), `tcp`).
    ///
    /// Only looks: to try the port by binding it would take it from the program at the moment at
    /// which that wants it.
    private func listeningPorts(in table: String) -> [UInt16] {
        let path = "/proc/\(identifier)/net/\(table)"
        // `try?`: without a table the program has ended, or there is no IPv6. A file of proc(5) has no
        // size, and is read whole only to its end.
        let table = try? FileHandle(forReadingFrom: URL(fileURLWithPath: path)).readToEnd()
        return String(decoding: table ?? Data(), as: UTF8.self).split(separator: "\n").compactMap {
            row in
            let fields = row.split(separator: " ")
            guard fields.count > 3, fields[3] == "0A" else { return nil }
            return fields[1].split(separator: ":").last.flatMap { UInt16($0, radix: 16) }
        }
    }
}
