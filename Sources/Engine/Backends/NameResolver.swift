import Dispatch
import Settings
import Sockets
import Traffic

/// Maintains the addresses of backends configured by name, off the data path: resolves names as
/// ``NameTable`` schedules them, each on a thread of its own, without waiting for any.
final class NameResolver: Sendable {
    /// Resolves one name; blocks (getaddrinfo(3)).
    typealias LookUp = @Sendable (_ name: String) -> NameTable.Answer

    /// How often due names and missed deadlines are looked for.
    private static let tick = Duration.milliseconds(500)
    /// Names that change together make one change.
    private static let settlingTime = DispatchTimeInterval.milliseconds(5)

    private let table = Locked(NameTable())
    private let isAnnounced = Locked(false)
    private let timer = RepeatingTimer(label: "sluice.names.timer", every: tick)
    private let queue = DispatchQueue(label: "sluice.names", qos: .utility)
    private let changed = Locked<@Sendable () -> Void>({})
    private let lookUp: LookUp
    private let report: @Sendable (GatewayEvent) -> Void

    init(
        lookUp: @escaping LookUp = NameResolver.system,
        report: @escaping @Sendable (GatewayEvent) -> Void
    ) {
        self.lookUp = lookUp
        self.report = report
    }

    /// What is known now.
    var names: ResolvedNames { table.withLock { $0.names } }

    /// Starts resolving; `changed` is called, on a queue of its own, when ``names`` has changed.
    func start(changed: @escaping @Sendable () -> Void) {
        self.changed.withLock { $0 = changed }
        timer.start(after: Self.tick) { [weak self] in self?.step() }
    }

    /// Stops resolving. Queries in progress end by themselves; nothing waits for them.
    func stop() {
        timer.stop()
        changed.withLock { $0 = {} }
        table.withLock { $0.watch([], at: Moment.now().milliseconds) }
    }

    /// Keeps these names and no others; resolves new ones immediately.
    ///
    /// - Parameter learned: more of them, see ``NameTable/watch(_:learned:at:)``.
    func watch(_ names: Set<String>, learned: Set<String> = []) {
        table.withLock { $0.watch(names, learned: learned, at: Moment.now().milliseconds) }
        step()
    }

    private func step() {
        let now = Moment.now().milliseconds
        let (outcome, queries) = table.withLock { table in
            let outcome = table.expire(at: now)
            return (outcome, table.startQueries(at: now))
        }
        announce(outcome)
        for query in queries { perform(query) }
    }

    private func perform(_ query: NameTable.Query) {
        do {
            try DetachedThread.start { [self] in finish(query, lookUp(query.name)) }
        } catch {
            finish(query, .failed(reason: "cannot start a thread: \(error)"))
        }
    }

    private func finish(_ query: NameTable.Query, _ answer: NameTable.Answer) {
        let outcome = table.withLock { $0.finish(query, answer, at: Moment.now().milliseconds) }
        announce(outcome)
        if outcome.hasMadeRoom { step() }
    }

    private func announce(_ outcome: NameTable.Outcome) {
        for event in outcome.events { report(GatewayEvent(event)) }
        guard outcome.hasChanged, isAnnounced.withLock({ $0.setOnce() }) else { return }
        queue.asyncAfter(deadline: .now() + Self.settlingTime) { [self] in
            isAnnounced.withLock { $0 = false }
            changed.withLock { $0 }()
        }
    }

    /// The system's resolver.
    static let system: LookUp = { name in
        do throws(Resolver.Failure) {
            return .addresses(try Resolver.addresses(of: name))
        } catch {
            return .failed(reason: error.description)
        }
    }
}

extension Bool {
    /// Sets it; false if it was set already.
    fileprivate mutating func setOnce() -> Bool {
        defer { self = true }
        return !self
    }
}

extension GatewayEvent {
    fileprivate init(_ event: NameTable.Event) {
        switch event {
        case .resolved(let name, let addresses, let before):
            self = .backendResolved(name: name, to: addresses, before: before)
        case .unresolved(let name, let reason, let addresses):
            self = .backendUnresolved(name: name, reason: reason, inUse: addresses)
        }
    }
}

extension Topology {
    /// All names in the addresses of backends and redirect targets.
    var backendNames: Set<String> {
        Set(
            services.flatMap { $0.backends.map(\.address) + $0.redirects.targets }
                .compactMap(\.name)
        )
    }
}

extension BackendAddress {
    /// `nil` for an address.
    var name: String? {
        if case .name(let name) = host { name } else { nil }
    }
}
