package import Logging
package import Operations
package import Settings
import Synchronization
import Time

/// Obtains the certificates of the configuration by ACME and renews them, one at a time.
///
/// ```swift
/// let keeper = CertificateKeeper(settings, folder: "certificates", …)
/// await receiver.use(keeper.certificates)     // before anything listens
/// await keeper.run()                          // until the task is cancelled
/// ```
package final class CertificateKeeper: Sendable {
    /// What it needs of the gateway.
    package struct Seams: Sendable {
        package var transport: @Sendable (ACMESettings) -> any ACMETransport
        package var responder: any ChallengeResponder
        package var receiver: any CertificateReceiver
        package var clock: ACMEClock
        package var schedule = RenewalSchedule()

        package init(
            transport: @escaping @Sendable (ACMESettings) -> any ACMETransport,
            responder: any ChallengeResponder,
            receiver: any CertificateReceiver,
            clock: ACMEClock
        ) {
            self.transport = transport
            self.responder = responder
            self.receiver = receiver
            self.clock = clock
        }
    }

    struct State {
        var settings: ACMESettings
        /// In the order of the configuration.
        var managed: [ManagedRecord]
        /// Until then, no certificate is ordered: the authority is gone, or has had enough.
        var pause: UnixTime?
        /// Ended by a change.
        var sleep: Task<Void, Never>?
        /// Whether there was a change since the last look.
        var hasChanged = false

        /// `now` if it is due.
        func nextTime(of managed: ManagedRecord, at now: UnixTime) -> UnixTime {
            switch managed.record.step(managed.wanted, settings, at: now) {
            case .wait(let time): time
            case .obtain: max(pause ?? now, now)
            }
        }
    }

    let root: String
    let seams: Seams
    let logger: Logger
    let state: Mutex<State>

    /// Reads what is on disk. Blocks for a moment.
    ///
    /// - Parameter folder: where accounts, keys and certificates are kept; made when it is needed.
    package init(_ settings: ACMESettings, folder: String, _ seams: Seams, logger: Logger) {
        root = folder
        self.seams = seams
        self.logger = logger
        let managed = Self.read(settings, folder, seams)
        state = Mutex(State(settings: settings, managed: managed))
    }

    static func read(_ settings: ACMESettings, _ root: String, _ seams: Seams)
        -> [ManagedRecord]
    {
        settings.certificates.map { ManagedRecord($0, in: root, seams.schedule) }
    }

    /// Those that there are.
    package var certificates: [ObtainedCertificate] {
        state.withLock { $0.managed.compactMap(\.certificate) }
    }

    package var statuses: [ManagedCertificate] {
        let now = seams.clock.now()
        return state.withLock { state in
            state.managed.map { managed in
                managed.status(at: now, next: state.nextTime(of: managed, at: now))
            }
        }
    }

    /// Applies another configuration. Blocks for a moment.
    package func update(_ settings: ACMESettings) async {
        let changed = state.withLock { state in
            guard state.settings != settings else { return false }
            let old = state.managed
            state.managed = settings.certificates.map { wanted in
                old.first { $0.wanted == wanted }
                    ?? ManagedRecord(wanted, in: root, seams.schedule)
            }
            (state.settings, state.pause) = (settings, nil)
            state.hasChanged = true
            state.sleep?.cancel()
            return true
        }
        guard changed else { return }
        await seams.receiver.use(certificates)
    }
}
