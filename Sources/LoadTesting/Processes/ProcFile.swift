internal import FoundationEssentials
internal import Glibc
internal import Sockets

/// Reading proc(5).
enum ProcFile {
    /// The whole text of a file; `nil` if it cannot be read, as when its process has ended.
    static func text(_ path: String) -> String? {
        // `try?`: see above. A file of proc(5) has no size by which it could be read at once.
        let content = try? File(reading: path).readToEnd()
        return content.map { String(decoding: $0, as: UTF8.self) }
    }

    static func names(in folder: String) -> [String] {
        // `try?`: a process that has ended has no folder.
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    static var nanosecondsPerTick: Int64 {
        1_000_000_000 / Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    static var pageByteCount: Int { max(1, sysconf(Int32(_SC_PAGESIZE))) }
}
