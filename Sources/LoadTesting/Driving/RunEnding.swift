/// Why a run ended.
public enum RunEnding: String, Hashable, Sendable, CaseIterable {
    /// Its time was over.
    case duration
    /// As many operations were done as were asked for.
    case operations
    /// Somebody asked for it: Ctrl-C.
    case interrupted
    /// A second passed in which everything failed.
    case nothingSucceeded
}
