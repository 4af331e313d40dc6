/// A watched process over all rounds: counted like the operations beside it.
package struct ProcessReport: Encodable, Sendable {
    package let id: Int32
    /// Whether it was there no more when the last round was over; the rest is then of the rounds
    /// that it lived through.
    package let hasEnded: Bool
    /// User and system time in the measured time of all rounds.
    package let processorSeconds: Double
    /// Before the first connection of the first round; absent where it had ended by then.
    package let residentBytesBefore: Int?
    /// When measuring ended in the last round.
    package let residentBytes: Int?
    /// The part of the resident memory that is in no file; the same two moments.
    package let anonymousBytesBefore: Int?
    package let anonymousBytes: Int?
    /// The growth of the anonymous memory, for each connection that stood at the end; absent for
    /// none. Files that come into memory meanwhile are not the connections'.
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
