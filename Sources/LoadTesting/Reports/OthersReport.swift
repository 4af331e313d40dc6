/// What used the machine's processors during the measured time beside the load generator and the
/// processes that were watched.
package struct OthersReport: Encodable, Sendable {
    package struct Process: Encodable, Sendable {
        package let id: Int32
        package let name: String
        /// Of one processor: 1 is all of it.
        package let processorShare: Double
    }

    /// Of one processor: 1 is all of it.
    package let processorShare: Double
    /// What a hypervisor gave to other machines while this one wanted to run.
    package let stolenShare: Double
    /// Those that used most, in this order.
    package let processes: [Process]

    /// How many processes are named.
    static let processLimit = 10
    /// A smaller share of a processor is not worth a note.
    static let shareLimit = 0.1
    /// Ticks of 10 ms say little of less, in nanoseconds.
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
