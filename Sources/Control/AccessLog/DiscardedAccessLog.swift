public import Core
public import Engine

/// The access log that is off.
public struct DiscardedAccessLog: AccessLog {
    public init() {}

    public var droppedLineCount: Int { 0 }

    public func write(_ records: [AccessRecord]) {}
}
