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

    /// Takes over what another process has used.
    mutating func add(_ other: ProcessSample) {
        processorNanoseconds += other.processorNanoseconds
        residentByteCount += other.residentByteCount
        anonymousByteCount += other.anonymousByteCount
    }
}
