internal import FoundationEssentials
internal import Glibc
internal import Sockets

/// A process that is watched while it is under load.
public struct WatchedProcess: Hashable, Sendable {
    /// Its number, with which the report names it.
    public let id: Int32
    private let startTicks: Int64

    /// `nil` where there is no such process, or it may not be looked at.
    public init?(id: Int32) {
        guard let status = Self.status(of: id) else { return nil }
        self.id = id
        startTicks = status.startTicks
    }

    /// What it and its descendants have used by now; `nil` where it has ended.
    public func sample() -> ProcessSample? {
        guard let status = Self.status(of: id), status.startTicks == startTicks, !status.isZombie
        else { return nil }
        var total = ProcessSample()
        for member in members {
            // A worker may end while it is looked for.
            if let sample = Self.sample(of: member) { total.add(sample) }
        }
        return total
    }

    /// Its number and those of all its descendants.
    var members: [Int32] { [id] + Self.descendants(of: id) }

    private static func sample(of id: Int32) -> ProcessSample? {
        status(of: id).map { status in
            ProcessSample(
                processorNanoseconds: status.processorTicks * nanosecondsPerTick,
                residentByteCount: status.residentPageCount * pageByteCount,
                anonymousByteCount: text("/proc/\(id)/status").map {
                    ProcessStatus.anonymousByteCount(status: $0)
                } ?? 0
            )
        }
    }

    private static func status(of id: Int32) -> ProcessStatus? {
        text("/proc/\(id)/stat").flatMap { ProcessStatus(stat: $0) }
    }

    /// Each thread has children of its own.
    private static func descendants(of id: Int32) -> [Int32] {
        // `try?`: a process that has ended has no threads.
        let threads =
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/task")) ?? []
        let children = threads.flatMap { thread in
            (text("/proc/\(id)/task/\(thread)/children") ?? "").split(separator: " ")
        }
        return children.compactMap { Int32($0) }.flatMap { [$0] + descendants(of: $0) }
    }

    private static func text(_ path: String) -> String? {
        // `try?`: the process may have ended. A file of proc(5) has no size by which it could be read
        // at once.
        let content = try? File(reading: path).readToEnd()
        return content.map { String(decoding: $0, as: UTF8.self) }
    }

    private static var nanosecondsPerTick: Int64 {
        1_000_000_000 / Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    private static var pageByteCount: Int { max(1, sysconf(Int32(_SC_PAGESIZE))) }
}
