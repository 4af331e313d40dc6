public import Sockets

/// One run, and what it cost the processes that were watched and the load generator itself.
public struct MeasuredRun: Sendable {
    /// What a watched process used.
    public struct ProcessUse: Hashable, Sendable {
        public let id: Int32
        /// In the measured time.
        public let processorNanoseconds: Int64
        /// Before the first connection, in bytes.
        public let residentByteCountBefore: Int
        /// When measuring ended, in bytes.
        public let residentByteCountAfter: Int
    }

    public let result: LoadResult
    /// Of the processes that lived through it.
    public let processes: [ProcessUse]
    /// What this process used in the measured time.
    public let generatorNanoseconds: Int64
    /// How many connections stood when measuring ended.
    public let openConnectionCount: Int

    /// Performs `run`; blocks.
    ///
    /// - Parameter observe: told what happens, on the caller's thread.
    public init(
        _ run: LoadRun,
        watching processes: [WatchedProcess] = [],
        observe: (LoadRun.Event) -> Void = { _ in }
    ) throws(SystemError) {
        var meter = Meter(processes)
        result = try run.perform { event in
            meter.note(event)
            observe(event)
        }
        self.processes = meter.uses
        generatorNanoseconds = meter.generatorNanoseconds
        openConnectionCount = meter.openConnectionCount
    }
}

/// Reads the meters at the borders of the measured time.
private struct Meter {
    private struct Reading {
        var generator: Int64 = 0
        var samples: [Int32: ProcessSample] = [:]
    }

    private let processes: [WatchedProcess]
    private let before: Reading
    private var begin: Reading
    private var end: Reading
    private(set) var openConnectionCount = 0

    init(_ processes: [WatchedProcess]) {
        self.processes = processes
        before = Self.read(processes)
        begin = before
        end = before
    }

    mutating func note(_ event: LoadRun.Event) {
        switch event {
        case .measuringBegan:
            begin = Self.read(processes)
        case .measuringEnded(let progress):
            end = Self.read(processes)
            openConnectionCount = progress.openConnections
        case .progress:
            break
        }
    }

    var generatorNanoseconds: Int64 { max(0, end.generator - begin.generator) }

    var uses: [MeasuredRun.ProcessUse] {
        processes.compactMap { process in
            guard let first = before.samples[process.id], let last = end.samples[process.id],
                let begin = begin.samples[process.id]
            else { return nil }
            return MeasuredRun.ProcessUse(
                id: process.id,
                processorNanoseconds: last.processorNanoseconds - begin.processorNanoseconds,
                residentByteCountBefore: first.residentByteCount,
                residentByteCountAfter: last.residentByteCount
            )
        }
    }

    private static func read(_ processes: [WatchedProcess]) -> Reading {
        var reading = Reading(generator: Clock.processNanoseconds())
        for process in processes { reading.samples[process.id] = process.sample() }
        return reading
    }
}
