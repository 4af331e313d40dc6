/// Why a run ended.
package enum RunEnding: String, Hashable, Sendable, CaseIterable {
    /// The planned time was over.
    case duration
    /// As many operations were done as were asked for.
    case operations
    /// The user asked for it: Ctrl-C.
    case interrupted
    /// An error that every other attempt would meet, before anything had succeeded.
    case fatalError
    /// A second passed in which everything failed.
    case nothingSucceeded
}
