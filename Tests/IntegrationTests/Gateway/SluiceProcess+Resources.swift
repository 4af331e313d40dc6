import Foundation
import Glibc

extension SluiceProcess {
    /// Descriptors that the gateway holds open now.
    var descriptorCount: Int {
        let folder = "/proc/\(process.identifier)/fd"
        return (try? FileManager.default.contentsOfDirectory(atPath: folder).count) ?? 0
    }

    /// Threads of the gateway now.
    var threadCount: Int {
        let folder = "/proc/\(process.identifier)/task"
        return (try? FileManager.default.contentsOfDirectory(atPath: folder).count) ?? 0
    }

    /// User and system time so far, of all threads (proc(5), `stat`).
    func processorTime() throws -> Duration {
        guard process.isRunning else { throw HarnessError("the gateway ended: \(operatorLog)") }
        let stat = try String(contentsOfFile: "/proc/\(process.identifier)/stat", encoding: .utf8)
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
            throw HarnessError("not a line of proc(5): \(stat)")
        }
        return .milliseconds((user + system) * 1000 / sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Physical memory in use now, without pages of files such as the executable's (proc(5),
    /// `statm`).
    func anonymousByteCount() throws -> Int {
        let statm = try String(contentsOfFile: "/proc/\(process.identifier)/statm", encoding: .utf8)
        let fields = statm.split(separator: " ")
        guard fields.count > 2, let resident = Int(fields[1]), let shared = Int(fields[2]) else {
            throw HarnessError("not a line of proc(5): \(statm)")
        }
        return (resident - shared) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Sockets that the gateway holds open now.
    var socketCount: Int {
        let folder = "/proc/\(process.identifier)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.count { name in
            // A descriptor may have been closed since it was listed.
            let target = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "\(folder)/\(name)"
            )
            return target?.hasPrefix("socket:") == true
        }
    }
}
