import Glibc
package import Sockets

/// One run, and what it cost the processes that were watched and the load generator itself.
package struct MeasuredRun: Sendable {
    package let result: LoadResult
    /// Of the processes that were watched.
    package let processes: [ProcessUse]
    /// The load generator's CPU time in the measured time.
    package let generatorNanoseconds: Int64
    /// The use of all others in the measured time.
    package let others: OtherUse
    /// How many connections were open when measuring ended.
    package let openConnectionCount: Int

    /// Performs `run`; blocks.
    ///
    /// - Parameter observe: called for each event, on the caller's thread.
    package init(
        _ run: LoadRun,
        watching processes: [WatchedProcess] = [],
        observe: (LoadRun.Event) -> Void = { _ in }
    ) throws(SystemError) {
        var meter = Meter(processes)
        result = try run.perform { event in
            meter.record(event)
            observe(event)
        }
        self.processes = meter.uses
        generatorNanoseconds = meter.generatorNanoseconds
        others = meter.others
        openConnectionCount = meter.openConnectionCount
    }
}

/// A watched process's use in one run.
package struct ProcessUse: Hashable, Sendable {
    package let id: Int32
    /// Before the first connection; `nil` if it had ended by then.
    package let before: ProcessSample?
    /// When measuring ended; `nil` if it had ended by then.
    package let after: ProcessSample?
    /// In the measured time; `nil` if it ended earlier.
    package let processorNanoseconds: Int64?

    init(id: Int32, before: ProcessSample?, begin: ProcessSample?, end: ProcessSample?) {
        self.id = id
        self.before = before
        after = end
        processorNanoseconds = begin.flatMap { begin in
            // The time of a child that was not waited for is lost.
            end.map { max(0, $0.processorNanoseconds - begin.processorNanoseconds) }
        }
    }
}

/// Reads CPU time and memory at the start and the end of the measured time.
private struct Meter {
    private struct Reading {
        var generator: Int64 = 0
        var samples: [Int32: ProcessSample] = [:]
        var members: Set<Int32> = []
        var machine = MachineSample(stat: "")
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

    mutating func record(_ event: LoadRun.Event) {
        switch event {
        case .measuringBegan:
            begin = Self.read(processes)
            begin.machine = .now()
        case .measuringEnded(let progress):
            end = Self.read(processes)
            end.machine = .now()
            openConnectionCount = progress.openConnections
        case .progress:
            break
        }
    }

    var generatorNanoseconds: Int64 { max(0, end.generator - begin.generator) }

    /// Without the watched processes and the load generator.
    var others: OtherUse {
        let watched = uses.compactMap(\.processorNanoseconds).reduce(0, +)
        return OtherUse(
            from: begin.machine,
            to: end.machine,
            known: watched + generatorNanoseconds,
            members: begin.members.union(end.members).union([getpid()])
        )
    }

    var uses: [ProcessUse] {
        processes.map(\.id).map { id in
            ProcessUse(
                id: id,
                before: before.samples[id],
                begin: begin.samples[id],
                end: end.samples[id]
            )
        }
    }

    private static func read(_ processes: [WatchedProcess]) -> Reading {
        var reading = Reading(generator: Clock.processNanoseconds())
        for process in processes {
            reading.samples[process.id] = process.sample()
            reading.members.formUnion(process.members)
        }
        return reading
    }
}
