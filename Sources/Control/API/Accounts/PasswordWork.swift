import Addresses
import Credentials
import Sockets
import Synchronization

/// Hashes passwords: a few at a time, since each takes 32 MiB and much of a core, and on threads of
/// their own, which give way to those of the data plane. Sources take turns, so that many attempts of
/// one of them do not keep the others waiting.
final class PasswordWork: Sendable {
    /// More wait for their turn than can be served in the time that a person waits.
    struct Busy: Error {}

    private let parameters: PasswordHash.Parameters
    /// Of no password, as expensive as any other.
    private let decoy: PasswordHash
    private let concurrency: Int
    private let state: Mutex<State>
    /// Against threads that are busy all the time, 5 gets a third of what each of them gets: enough to
    /// sign in on a machine that is overloaded.
    private static let niceness: Int32 = 5

    private struct State {
        var turns: PasswordTurns
        var running = 0
    }

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
        state = Mutex(State(turns: PasswordTurns(limit: waitingLimit)))
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
        from source: IPAddress,
        _ lane: PasswordTurns.Lane
    ) async throws(Busy) -> Comparison {
        try await run(source, lane) { [parameters, decoy] in
            let isRight = (hash ?? decoy).matches(password) && hash != nil
            let isOutdated = isRight && hash?.isOutdated(for: parameters) == true
            return Comparison(
                isRight: isRight,
                renewed: isOutdated ? PasswordHash(password, parameters) : nil
            )
        }
    }

    /// Hashes a password that somebody sets who is signed in.
    func hash(_ password: Password) async throws(Busy) -> PasswordHash {
        try await run(.v4(IPv4Address(bits: 0)), .known) { [parameters] in
            PasswordHash(password, parameters)
        }
    }

    private func run<Value: Sendable>(
        _ source: IPAddress,
        _ lane: PasswordTurns.Lane,
        _ work: @escaping @Sendable () -> Value
    ) async throws(Busy) -> Value {
        let value: Value? = await withCheckedContinuation { continuation in
            let job: WaitingWork.Job = { continuation.resume(returning: work()) }
            let isAdmitted = state.withLock { $0.turns.append(job, of: source, lane) }
            guard isAdmitted else { return continuation.resume(returning: nil) }
            startNext()
        }
        guard let value else { throw Busy() }
        return value
    }

    private func startNext() {
        let next = state.withLock { state -> WaitingWork.Job? in
            guard state.running < concurrency,
                let job = state.turns.takeNext()
            else { return nil }
            state.running += 1
            return job
        }
        guard let next else { return }
        let work: @Sendable () -> Void = { [self] in
            next()
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

/// Whose password is hashed next: of two lanes, each of them with sources that take turns.
struct PasswordTurns {
    enum Lane: Sendable {
        /// Clients from where somebody has signed in before: two of three turns, if both lanes have
        /// work.
        case known
        case unknown
    }

    private var known: WaitingWork
    private var unknown: WaitingWork
    /// Turns of known clients since the last of an unknown one.
    private var streak = 0

    /// - Parameter limit: of each lane.
    init(limit: Int) {
        known = WaitingWork(limit: limit)
        unknown = WaitingWork(limit: limit)
    }

    /// - Returns: whether there was room for it.
    mutating func append(_ job: @escaping WaitingWork.Job, of source: IPAddress, _ lane: Lane)
        -> Bool
    {
        switch lane {
        case .known: known.append(job, of: source)
        case .unknown: unknown.append(job, of: source)
        }
    }

    mutating func takeNext() -> WaitingWork.Job? {
        if streak < 2, let job = known.takeNext() {
            streak += 1
            return job
        }
        streak = 0
        return unknown.takeNext() ?? known.takeNext()
    }
}

/// Work that waits for its turn: sources take turns, each with its oldest work.
struct WaitingWork {
    typealias Job = @Sendable () -> Void

    private static let limitOfSource = 4
    private let limit: Int
    private var count = 0
    private var jobs: [IPAddress: [Job]] = [:]
    /// The sources that have work, in the order of their turns.
    private var turns: [IPAddress] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// - Returns: whether there was room for it.
    mutating func append(_ job: @escaping Job, of source: IPAddress) -> Bool {
        let own = jobs[source]?.count ?? 0
        guard count < limit, own < Self.limitOfSource else { return false }
        if own == 0 { turns.append(source) }
        jobs[source, default: []].append(job)
        count += 1
        return true
    }

    mutating func takeNext() -> Job? {
        guard let source = turns.first, var own = jobs[source] else { return nil }
        turns.removeFirst()
        let job = own.removeFirst()
        count -= 1
        jobs[source] = own.isEmpty ? nil : own
        if !own.isEmpty { turns.append(source) }
        return job
    }
}
