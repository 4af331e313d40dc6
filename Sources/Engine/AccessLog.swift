package import Operations

/// Receives the records of ended connections. A class: it is asked for each request.
package protocol AccessLog: AnyObject, Sendable {
    /// Receives a batch. Called on a shard's queue, on the data path: it must return immediately,
    /// and drops and counts what does not fit.
    func write(_ records: [AccessRecord])

    /// Whether nothing is written: then the data path need not make records of requests.
    var isOff: Bool { get }

    /// Lines that were dropped so far.
    var droppedLineCount: Int { get }

    /// Why lines are being lost now; `nil` while they are written.
    var failure: String? { get }
}

extension AccessLog {
    package var isOff: Bool { false }
    package var failure: String? { nil }
}
