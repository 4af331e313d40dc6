import FoundationEssentials
import Glibc
import Sockets

/// A process whose use of the CPU and memory is reported.
package struct WatchedProcess: Hashable, Sendable {
    /// The process id.
    package let id: Int32
    private let startTicks: Int64

    /// `nil` if there is no such process, or it may not be inspected.
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
            // A worker may end meanwhile.
            if let sample = Self.sample(of: member) { total.add(sample) }
        }
        return total
    }

    /// Its id and those of all descendants.
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

    /// Each thread has its own children.
    private static func descendants(of id: Int32) -> [Int32] {
        let children = ProcFile.names(in: "/proc/\(id)/task").flatMap { thread in
            (ProcFile.text("/proc/\(id)/task/\(thread)/children") ?? "").split(separator: " ")
        }
        return children.compactMap { Int32($0) }.flatMap { [$0] + descendants(of: $0) }
    }
}

/// What a process and all its descendants have used so far (proc(5)).
package struct ProcessSample: Hashable, Sendable {
    /// User and system time of all threads, and of descendants that have ended and were waited for,
    /// in nanoseconds; the system counts it in hundredths of a second.
    package var processorNanoseconds: Int64 = 0
    /// The resident set, in bytes; pages that processes share count for each of them.
    package var residentByteCount = 0
    /// The part of the resident set that is in no file, in bytes: what the processes themselves
    /// have filled (RssAnon).
    package var anonymousByteCount = 0

    /// Adds what another process has used.
    mutating func add(_ other: ProcessSample) {
        processorNanoseconds += other.processorNanoseconds
        residentByteCount += other.residentByteCount
        anonymousByteCount += other.anonymousByteCount
    }
}

/// The relevant fields of `/proc/PID/stat` (proc(5)).
struct ProcessStatus: Equatable {
    /// The program's name, at most 15 bytes of it.
    let name: String
    /// Its own user and system time, in clock ticks.
    let ownTicks: Int64
    /// That and the time of children that were waited for, in clock ticks.
    let processorTicks: Int64
    /// When it started, in clock ticks since boot: distinguishes it from a later process with its id.
    let startTicks: Int64
    /// A process that has ended and was not waited for.
    let isZombie: Bool
    /// The resident set, in pages.
    let residentPageCount: Int

    /// `nil` if `text` is not such a line.
    init?(stat text: String) {
        // The name, in parentheses, may hold anything.
        guard let nameStart = text.firstIndex(of: "("), let nameEnd = text.lastIndex(of: ")"),
            nameStart < nameEnd
        else { return nil }
        name = String(text[text.index(after: nameStart)..<nameEnd])
        let fields = text[nameEnd...].split(separator: " ").dropFirst()
        // proc(5) counts from 1, and the name is number 2: utime is 14, stime 15, cutime 16,
        // cstime 17, starttime 22, rss 24.
        let numbers = fields.map { Int64($0) ?? 0 }
        guard numbers.count > 21 else { return nil }
        ownTicks = numbers[11] &+ numbers[12]
        processorTicks = numbers[11...14].reduce(0, &+)
        startTicks = numbers[19]
        residentPageCount = Int(clamping: numbers[21])
        isZombie = fields.first == "Z"
    }

    /// `RssAnon` of `/proc/PID/status`, in bytes; 0 if it is missing.
    static func anonymousByteCount(status text: String) -> Int {
        let line = text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first
        let (bytes, overflow) = (kibibytes.flatMap { Int($0) } ?? 0)
            .multipliedReportingOverflow(by: 1_024)
        return overflow ? 0 : bytes
    }
}

/// Reading proc(5).
enum ProcFile {
    /// The whole text of a file; `nil` if it cannot be read, as when its process has ended.
    static func text(_ path: String) -> String? {
        // `try?`: see above. Files of proc(5) have no size, and must be read to the end.
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
