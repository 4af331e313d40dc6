import Foundation
import Glibc

extension SluiceProcess {
    /// Descriptors that the gateway holds open now.
    var descriptorCount: Int {
        let folder = "/proc/\(process.identifier)/fd"
        return (try? FileManager.default.contentsOfDirectory(atPath: folder).count) ?? 0
    }

    /// Lowers the limit of a gateway that runs (RLIMIT_NOFILE): it then has fewer than it has planned
    /// with.
    func limitDescriptors(to count: Int) throws {
        let arguments = ["--pid=\(process.identifier)", "--nofile=\(count):\(count)"]
        let result = try runProgram("prlimit", arguments)
        guard result.status == 0 else { throw HarnessError(result.errorOutput) }
    }

    /// Threads of the gateway now.
    var threadCount: Int {
        let folder = "/proc/\(process.identifier)/task"
        return (try? FileManager.default.contentsOfDirectory(atPath: folder).count) ?? 0
    }

    /// User and system time so far, of all threads (proc(5), `stat`).
    func processorTime() throws -> Duration {
        let stat = try String(contentsOfFile: "/proc/\(process.identifier)/stat", encoding: .utf8)
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
            throw HarnessError("not a line of proc(5): \(stat)")
        }
        return .milliseconds((user + system) * 1000 / sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Physical memory in use now (proc(5), `statm`).
    func residentByteCount() throws -> Int {
        let statm = try String(contentsOfFile: "/proc/\(process.identifier)/statm", encoding: .utf8)
        let fields = statm.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else {
            throw HarnessError("not a line of proc(5): \(statm)")
        }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Waits until the harness' own questions hold no descriptor of the gateway any more.
    func waitUntilHarnessIsGone() throws {
        var last = -1
        try wait(for: "a count of descriptors that stays") {
            let count = descriptorCount
            defer { last = count }
            pause(.milliseconds(100))
            return count == last
        }
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
