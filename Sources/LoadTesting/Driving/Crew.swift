internal import Dispatch
internal import Sockets
internal import Synchronization

/// Threads that each work on a part and leave a tally.
final class Crew: Sendable {
    private let tallies = Mutex<[Result<Tally, SystemError>]>([])
    private let group = DispatchGroup()

    /// Starts the threads. A serial queue of its own gives each part a thread of its own.
    init(
        threadCount: Int,
        work: @escaping @Sendable (_ index: Int) throws(SystemError) -> Tally
    ) {
        for index in 0..<threadCount {
            DispatchQueue(label: "load \(index)").async(group: group) { [self] in
                let result = Result { () throws(SystemError) in try work(index) }
                tallies.withLock { $0.append(result) }
            }
        }
    }

    func waitUntilDone() { group.wait() }

    /// - Parameter time: in nanoseconds of the monotonic clock.
    /// - Returns: whether all threads have ended.
    func waitUntilDone(until time: Int64) -> Bool {
        let milliseconds = max(0, time - Clock.monotonicNanoseconds()) / 1_000_000
        return group.wait(timeout: .now() + .milliseconds(Int(milliseconds))) == .success
    }

    /// What the threads left, in no order; blocks until all have ended.
    func results() throws(SystemError) -> [Tally] {
        group.wait()
        return try tallies.withLock { results throws(SystemError) in
            var tallies: [Tally] = []
            for result in results { tallies.append(try result.get()) }
            return tallies
        }
    }
}
