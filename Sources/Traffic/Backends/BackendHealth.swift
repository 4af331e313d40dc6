/// Whether one backend may get connections: what clients' connects and active checks have shown.
///
/// There are two mechanisms, either of which can take the backend out:
///
/// - **Passive ejection.** After ``connectFailureLimit`` failed connects in a row the backend is
///   ejected, for 1 s at first and twice as long each time, up to 60 s. After that time it is on
///   probation: it may be tried again; one more failure ejects it again, one success clears it.
/// - **Active checks.** `fall` failures in a row take it out, `rise` successes in a row bring it
///   back, and clear an ejection too: a check has just seen it serve. The very first check decides
///   alone: nothing else is known about the backend.
///
/// Times are monotonic milliseconds.
public struct BackendHealth: Hashable, Sendable {
    public enum Event: Hashable, Sendable {
        case connected
        case connectFailed
        case checkSucceeded
        case checkFailed
    }

    public enum Transition: Hashable, Sendable {
        case becameUsable
        case becameUnusable
    }

    /// What is known about a backend, regardless of whether it may be tried now.
    public enum State: Hashable, Sendable {
        /// The first check has not completed, and no connect has failed.
        case notChecked
        case healthy
        /// Ejected, on probation, or taken out by checks: until a connect or a check succeeds.
        case unhealthy
    }

    public static let connectFailureLimit = 3
    static let firstEjectionMilliseconds: Int64 = 1_000
    static let longestEjectionMilliseconds: Int64 = 60_000

    private let rise: Int
    private let fall: Int
    private var connectFailures = 0
    /// Ejections in a row.
    private var ejections = 0
    private var ejectedUntil: Int64?
    private var isDown = false
    private var awaitsFirstCheck: Bool
    private var checkFailures = 0
    private var checkSuccesses = 0

    /// A backend without known failures.
    ///
    /// - Parameter isChecked: whether active checks will follow.
    public init(rise: Int, fall: Int, isChecked: Bool = false) {
        self.rise = max(1, rise)
        self.fall = max(1, fall)
        awaitsFirstCheck = isChecked
    }

    /// The last result; time alone does not change it.
    public var state: State {
        if isOut { return .unhealthy }
        return awaitsFirstCheck ? .notChecked : .healthy
    }

    private var isOut: Bool { isDown || ejectedUntil != nil }

    /// Whether the backend may get a connection.
    public func isUsable(at now: Int64) -> Bool {
        !isDown && (ejectedUntil.map { $0 <= now } ?? true)
    }

    /// When the backend gets a connection again.
    public enum Outlook: Hashable, Sendable {
        /// The next connection may go there.
        case nextConnection
        /// The ejection ends in this many milliseconds.
        case ejected(for: Int64)
        /// A check has to succeed first.
        case awaitsCheck
    }

    public func outlook(at now: Int64) -> Outlook {
        if isDown { return .awaitsCheck }
        guard let ejectedUntil, ejectedUntil > now else { return .nextConnection }
        return .ejected(for: ejectedUntil - now)
    }

    /// Whether nothing bad is known, so that a success has nothing to change.
    public var isUntroubled: Bool {
        !awaitsFirstCheck && !isOut && connectFailures == 0 && checkFailures == 0
    }

    /// Records what happened, and returns whether it changed the backend's state.
    public mutating func handle(_ event: Event, at now: Int64) -> Transition? {
        let wasOut = isOut
        switch event {
        case .connected: clearEjection()
        case .connectFailed: recordConnectFailure(at: now)
        case .checkSucceeded: recordCheckSuccess()
        case .checkFailed: recordCheckFailure()
        }
        if wasOut == isOut { return nil }
        return isOut ? .becameUnusable : .becameUsable
    }

    private mutating func clearEjection() {
        connectFailures = 0
        ejections = 0
        ejectedUntil = nil
    }

    private mutating func recordConnectFailure(at now: Int64) {
        connectFailures = min(connectFailures + 1, Self.connectFailureLimit)
        guard connectFailures == Self.connectFailureLimit else { return }
        // Connects that were under way when it was ejected do not prolong the ejection.
        if let ejectedUntil, ejectedUntil > now { return }
        let duration = Self.firstEjectionMilliseconds << min(Int64(ejections), 6)
        ejectedUntil = now + min(duration, Self.longestEjectionMilliseconds)
        ejections += 1
    }

    private mutating func recordCheckSuccess() {
        checkFailures = 0
        checkSuccesses = awaitsFirstCheck ? rise : min(checkSuccesses + 1, rise)
        awaitsFirstCheck = false
        guard checkSuccesses == rise else { return }
        isDown = false
        clearEjection()
    }

    private mutating func recordCheckFailure() {
        checkSuccesses = 0
        checkFailures = awaitsFirstCheck ? fall : min(checkFailures + 1, fall)
        awaitsFirstCheck = false
        if checkFailures == fall { isDown = true }
    }
}
