import Credentials
import Sockets
import Synchronization

/// Hashes passwords: a few at a time, since each takes 32 MiB and much of a core, and on threads of
/// their own, which give way to those of the data plane.
final class PasswordWork: Sendable {
    /// More wait for their turn than can be served in the time that a person waits.
    struct Busy: Error {}

    /// Whose turn comes first.
    enum Lane: Sendable {
        /// Clients from where the account's owner has signed in before.
        case known
        case unknown
    }

    private struct Job: Sendable {
        let run: @Sendable () -> Void
    }

    private struct State {
        var known: [Job] = []
        var unknown: [Job] = []
        var running = 0
    }

    private let parameters: PasswordHash.Parameters
    /// Of no password, as expensive as any other.
    private let decoy: PasswordHash
    private let concurrency: Int
    private let waitingLimit: Int
    private let state = Mutex(State())
    /// Against the threads of the data plane, 10 gets a tenth of a core's time.
    private static let niceness: Int32 = 10

    /// - Parameters:
    ///   - concurrency: at the same time.
    ///   - waitingLimit: in each lane.
    init(
        _ parameters: PasswordHash.Parameters = .standard,
        concurrency: Int = 2,
        waitingLimit: Int = 24
    ) {
        self.parameters = parameters
        self.concurrency = concurrency
        self.waitingLimit = waitingLimit
        decoy = .decoy(parameters)
    }

    /// How a password compares with a stored hash.
    struct Comparison: Sendable {
        var isRight: Bool
        /// To be stored instead, if the stored one has other parameters than new ones have.
        var renewed: PasswordHash?
    }

    /// Compares a password with a hash, or with none in the same time.
    func compare(
        _ password: Password,
        with hash: PasswordHash?,
        _ lane: Lane
    ) async throws(Busy) -> Comparison {
        try await run(lane) { [parameters, decoy] in
            let isRight = (hash ?? decoy).matches(password) && hash != nil
            let isOutdated = isRight && hash?.isOutdated(for: parameters) == true
            return Comparison(
                isRight: isRight,
                renewed: isOutdated ? PasswordHash(password, parameters) : nil
            )
        }
    }

    func hash(_ password: Password) async throws(Busy) -> PasswordHash {
        try await run(.known) { [parameters] in PasswordHash(password, parameters) }
    }

    private func run<Value: Sendable>(
        _ lane: Lane,
        _ work: @escaping @Sendable () -> Value
    ) async throws(Busy) -> Value {
        let value: Value? = await withCheckedContinuation { continuation in
            let job = Job { continuation.resume(returning: work()) }
            let isAdmitted = state.withLock { state in
                switch lane {
                case .known where state.known.count < waitingLimit: state.known.append(job)
                case .unknown where state.unknown.count < waitingLimit: state.unknown.append(job)
                default: return false
                }
                return true
            }
            guard isAdmitted else { return continuation.resume(returning: nil) }
            startNext()
        }
        guard let value else { throw Busy() }
        return value
    }

    private func startNext() {
        let next = state.withLock { state -> Job? in
            guard state.running < concurrency else { return nil }
            let job =
                !state.known.isEmpty
                ? state.known.removeFirst()
                : !state.unknown.isEmpty ? state.unknown.removeFirst() : nil
            if job != nil { state.running += 1 }
            return job
        }
        guard let next else { return }
        let work: @Sendable () -> Void = { [self] in
            next.run()
            state.withLock { $0.running -= 1 }
            startNext()
        }
        do throws(SystemError) {
            try DetachedThread.start {
                DetachedThread.giveWay(niceness: Self.niceness)
                work()
            }
        } catch {
            // There is no room for a thread: whoever waits must not wait for ever.
            work()
        }
    }
}
