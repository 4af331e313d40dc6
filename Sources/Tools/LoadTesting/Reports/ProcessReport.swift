/// A watched process, over all rounds.
package struct ProcessReport: Encodable, Sendable {
    package let id: Int32
    /// Whether it had ended before the last round was over; the other figures then cover the rounds
    /// during which it ran.
    package let hasEnded: Bool
    /// User and system time in the measured time of all rounds.
    package let processorSeconds: Double
    /// Before the first connection of the first round; absent if it had ended by then.
    package let residentBytesBefore: Int?
    /// When measuring ended in the last round.
    package let residentBytes: Int?
    /// The part of the resident memory that is in no file; the same two moments.
    package let anonymousBytesBefore: Int?
    package let anonymousBytes: Int?
    /// The growth of the anonymous memory, per connection open at the end; absent if there were none.
    /// Files loaded into memory meanwhile do not count.
    package let bytesPerConnection: Double?

    /// One for each process.
    static func all(_ rounds: [Round]) -> [ProcessReport] {
        (rounds.first?.processes ?? []).map { ProcessReport($0.id, rounds) }
    }

    private init(_ id: Int32, _ rounds: [Round]) {
        let uses = rounds.flatMap(\.processes).filter { $0.id == id }
        let last = rounds.last { round in
            round.processes.contains { $0.id == id && $0.after != nil }
        }
        let before = uses.first?.before
        let after = uses.last { $0.after != nil }?.after
        self.id = id
        hasEnded = uses.last?.after == nil
        processorSeconds = Double(uses.compactMap(\.processorNanoseconds).reduce(0, +)) / 1e9
        residentBytesBefore = before?.residentByteCount
        residentBytes = after?.residentByteCount
        anonymousBytesBefore = before?.anonymousByteCount
        anonymousBytes = after?.anonymousByteCount
        bytesPerConnection = Self.growth(before, after, over: last?.openConnectionCount ?? 0)
    }

    private static func growth(
        _ before: ProcessSample?,
        _ after: ProcessSample?,
        over connectionCount: Int
    ) -> Double? {
        guard let before, let after, connectionCount > 0 else { return nil }
        return Double(after.anonymousByteCount - before.anonymousByteCount)
            / Double(connectionCount)
    }
}

/// What used the machine's CPUs during the measured time besides the load generator and the watched
/// processes.
package struct OthersReport: Encodable, Sendable {
    package struct Process: Encodable, Sendable {
        package let id: Int32
        package let name: String
        /// 1 is one whole CPU.
        package let processorShare: Double
    }

    /// 1 is one whole CPU.
    package let processorShare: Double
    /// CPU time that the hypervisor gave to other machines while this one was ready to run.
    package let stolenShare: Double
    /// Those that used most, in descending order.
    package let processes: [Process]

    /// The maximum number of processes listed.
    static let processLimit = 10
    /// A smaller share of a CPU is not worth a note.
    static let shareLimit = 0.1
    /// With ticks of 10 ms, shorter rounds cannot be measured; in nanoseconds.
    private static let shortestRound: Int64 = 200_000_000

    init(_ rounds: [Round]) {
        let rounds = rounds.filter { $0.measuredNanoseconds >= Self.shortestRound }
        let measured = Double(rounds.reduce(0) { $0 + $1.measuredNanoseconds })
        let share = { (nanoseconds: Int64) in measured > 0 ? Double(nanoseconds) / measured : 0 }
        var used: [ProcessName: Int64] = [:]
        for process in rounds.flatMap(\.others.processes) {
            used[ProcessName(id: process.id, name: process.name), default: 0] += process.nanoseconds
        }
        processorShare = share(rounds.reduce(0) { $0 + $1.others.nanoseconds })
        stolenShare = share(rounds.reduce(0) { $0 + $1.others.stolenNanoseconds })
        processes = used.sorted { ($1.value, $0.key.id) < ($0.value, $1.key.id) }
            .prefix(Self.processLimit)
            .map { Process(id: $0.id, name: $0.name, processorShare: share($1)) }
    }

    private struct ProcessName: Hashable {
        let id: Int32
        let name: String
    }
}
