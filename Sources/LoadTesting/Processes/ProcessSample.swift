internal import Foundation
internal import Glibc

/// What a process and all its descendants have used so far (proc(5)).
public struct ProcessSample: Hashable, Sendable {
    /// User and system time of all threads, in nanoseconds; the system counts it in hundredths of a
    /// second.
    public var processorNanoseconds: Int64 = 0
    /// The resident set, in bytes; pages that processes share count for each of them.
    public var residentByteCount = 0
}

/// A process that is watched while it is under load.
public struct WatchedProcess: Hashable, Sendable {
    /// Its number, with which the report names it.
    public let id: Int32

    /// `nil` where there is no such process, or it may not be looked at.
    public init?(id: Int32) {
        self.id = id
        guard sample() != nil else { return nil }
    }

    /// What it has used by now; `nil` where it has ended.
    public func sample() -> ProcessSample? {
        guard var total = Self.sample(of: id) else { return nil }
        for child in Self.descendants(of: id) {
            // A worker may end while it is looked for.
            guard let sample = Self.sample(of: child) else { continue }
            total.processorNanoseconds += sample.processorNanoseconds
            total.residentByteCount += sample.residentByteCount
        }
        return total
    }

    private static func sample(of id: Int32) -> ProcessSample? {
        // The name, in parentheses, may hold anything.
        guard let stat = text("/proc/\(id)/stat"), let nameEnd = stat.lastIndex(of: ")") else {
            return nil
        }
        let fields = stat[nameEnd...].split(separator: " ").dropFirst()
        // proc(5) counts from 1, and the name is number 2: utime is 14, stime 15, rss 24.
        let numbers = fields.map { Int64($0) ?? 0 }
        guard numbers.count > 21 else { return nil }
        return ProcessSample(
            processorNanoseconds: (numbers[11] + numbers[12]) * nanosecondsPerTick,
            residentByteCount: Int(numbers[21]) * pageByteCount
        )
    }

    private static func descendants(of id: Int32) -> [Int32] {
        let children = text("/proc/\(id)/task/\(id)/children")?.split(separator: " ") ?? []
        return children.compactMap { Int32($0) }.flatMap { [$0] + descendants(of: $0) }
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    private static var nanosecondsPerTick: Int64 {
        1_000_000_000 / Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    private static var pageByteCount: Int { max(1, sysconf(Int32(_SC_PAGESIZE))) }
}
