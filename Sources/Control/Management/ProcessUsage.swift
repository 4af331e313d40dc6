import FoundationEssentials
import Glibc
import Operations
import Sockets

extension PrometheusText.ProcessUsage {
    /// This process', now.
    static func current() -> Self {
        var usage = Self()
        usage.processorSeconds = processorSeconds()
        usage.residentByteCount = residentByteCount()
        usage.openDescriptorCount = openDescriptorCount()
        usage.descriptorLimit = descriptorLimit()
        return usage
    }

    /// User and system time of all threads; clock(3) counts in millionths on every POSIX system.
    private static func processorSeconds() -> Double? {
        let ticks = clock()
        return ticks < 0 ? nil : Double(ticks) / 1_000_000
    }

    /// The second number of `/proc/self/statm`, in pages (proc(5)).
    private static func residentByteCount() -> Int? {
        // A system without /proc has no such figure.
        guard let bytes = try? File(reading: "/proc/self/statm").readToEnd() else { return nil }
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func openDescriptorCount() -> Int? {
        // As above. The listing itself has one open.
        let entries = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        return entries.map { $0.count - 1 }
    }

    private static func descriptorLimit() -> Int? {
        var limit = rlimit()
        let code = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return code == 0 ? Int(clamping: limit.rlim_cur) : nil
    }
}
