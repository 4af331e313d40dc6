/// Whether one backend may get connections: what clients' connects and active checks have shown.
///
/// Two judges, either of which can take the backend out:
///
/// - **Passive ejection.** After ``connectFailureLimit`` failed connects in a row the backend is
///   ejected, for 1 s at first and twice as long each time, up to 60 s. When that time is over it is
///   on probation: it may be tried again; one more failure ejects it again, one success clears it.
/// - **Active checks.** `fall` failures in a row take it out, `rise` successes in a row bring it
///   back, and clear an ejection too: a check has just seen it serve. The very first check decides
///   alone: nothing else is known of the backend.
///
/// Times are monotonic milliseconds.
package struct BackendHealth: Hashable, Sendable {
    package enum Event: Hashable, Sendable {
        case connected
        case connectFailed
        case checkSucceeded
        case checkFailed
    }

    package enum Transition: Hashable, Sendable {
        case becameUsable
        case becameUnusable
    }

    /// What is known of a backend, whether or not it may be tried at this moment.
    package enum State: Hashable, Sendable {
        /// The first check is still to come, and no connect has failed.
        case notChecked
        case healthy
        /// Ejected, on probation, or taken out by checks: until a connect or a check succeeds.
        case unhealthy
    }

    package static let connectFailureLimit = 3
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

    /// A backend of which nothing bad is known.
    ///
    /// - Parameter isChecked: whether active checks are going to say more.
    package init(rise: Int, fall: Int, isChecked: Bool = false) {
        self.rise = max(1, rise)
        self.fall = max(1, fall)
        awaitsFirstCheck = isChecked
    }

    /// The last result; time alone does not change it.
    package var state: State {
        if isOut { return .unhealthy }
        return awaitsFirstCheck ? .notChecked : .healthy
    }

    private var isOut: Bool { isDown || ejectedUntil != nil }

    /// Whether the backend may get a connection.
    package func isUsable(at now: Int64) -> Bool {
        !isDown && (ejectedUntil.map { $0 <= now } ?? true)
    }

    /// When the backend gets a connection again.
    package enum Outlook: Hashable, Sendable {
        /// The next connection may go there.
        case nextConnection
        /// An ejection is over in so many milliseconds.
        case ejected(for: Int64)
        /// A check has to succeed first.
        case awaitsCheck
    }

    package func outlook(at now: Int64) -> Outlook {
        if isDown { return .awaitsCheck }
        guard let ejectedUntil, ejectedUntil > now else { return .nextConnection }
        return .ejected(for: ejectedUntil - now)
    }

    /// Whether nothing bad is known, so that a success has nothing to change.
    package var isUntroubled: Bool {
        !awaitsFirstCheck && !isOut && connectFailures == 0 && checkFailures == 0
    }

    /// Takes note of what happened, and says whether the backend's state has changed by it.
    package mutating func handle(_ event: Event, at now: Int64) -> Transition? {
        let wasOut = isOut
        switch event {
        case .connected: clearEjection()
        case .connectFailed: noteConnectFailure(at: now)
        case .checkSucceeded: noteCheckSuccess()
        case .checkFailed: noteCheckFailure()
        }
        if wasOut == isOut { return nil }
        return isOut ? .becameUnusable : .becameUsable
    }

    private mutating func clearEjection() {
        connectFailures = 0
        ejections = 0
        ejectedUntil = nil
    }

    private mutating func noteConnectFailure(at now: Int64) {
        connectFailures = min(connectFailures + 1, Self.connectFailureLimit)
        guard connectFailures == Self.connectFailureLimit else { return }
        // Connects that were under way when it was ejected do not prolong the ejection.
        if let ejectedUntil, ejectedUntil > now { return }
        let duration = Self.firstEjectionMilliseconds << min(Int64(ejections), 6)
        ejectedUntil = now + min(duration, Self.longestEjectionMilliseconds)
        ejections += 1
    }

    private mutating func noteCheckSuccess() {
        checkFailures = 0
        checkSuccesses = awaitsFirstCheck ? rise : min(checkSuccesses + 1, rise)
        awaitsFirstCheck = false
        guard checkSuccesses == rise else { return }
        isDown = false
        clearEjection()
    }

    private mutating func noteCheckFailure() {
        checkSuccesses = 0
        checkFailures = awaitsFirstCheck ? fall : min(checkFailures + 1, fall)
        awaitsFirstCheck = false
        if checkFailures == fall { isDown = true }
    }
}
