package import Operations

/// Takes the records of ended connections.
package protocol AccessLog: Sendable {
    /// Takes a batch. Called on a shard's queue, on the path of the bytes: must return at once, and
    /// drops and counts what it has no room for.
    func write(_ records: [AccessRecord])

    /// Lines that were dropped so far.
    var droppedLineCount: Int { get }

    /// Why lines are being lost now; `nil` while they are written.
    var failure: String? { get }
}

extension AccessLog {
    package var failure: String? { nil }
}
