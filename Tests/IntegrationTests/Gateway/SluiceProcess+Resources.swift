import Foundation
import Glibc

extension SluiceProcess {
    /// Descriptors that the gateway holds open now.
    var descriptorCount: Int {
        let folder = "/proc/\(process.identifier)/fd"
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
}
