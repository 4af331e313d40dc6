/// A process that is watched while it is under load.
package struct WatchedProcess: Hashable, Sendable {
    /// Its number, with which the report names it.
    package let id: Int32
    private let startTicks: Int64

    /// `nil` if there is no such process, or it may not be looked at.
    package init?(id: Int32) {
        guard let status = Self.status(of: id) else { return nil }
        self.id = id
        startTicks = status.startTicks
    }

    /// What it and its descendants have used by now; `nil` if it has ended.
    package func sample() -> ProcessSample? {
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
                processorNanoseconds: status.processorTicks * ProcFile.nanosecondsPerTick,
                residentByteCount: status.residentPageCount * ProcFile.pageByteCount,
                anonymousByteCount: ProcFile.text("/proc/\(id)/status").map {
                    ProcessStatus.anonymousByteCount(status: $0)
                } ?? 0
            )
        }
    }

    private static func status(of id: Int32) -> ProcessStatus? {
        ProcFile.text("/proc/\(id)/stat").flatMap { ProcessStatus(stat: $0) }
    }

    /// Each thread has children of its own.
    private static func descendants(of id: Int32) -> [Int32] {
        let children = ProcFile.names(in: "/proc/\(id)/task").flatMap { thread in
            (ProcFile.text("/proc/\(id)/task/\(thread)/children") ?? "").split(separator: " ")
        }
        return children.compactMap { Int32($0) }.flatMap { [$0] + descendants(of: $0) }
    }
}
