import FoundationEssentials
import Logging
import Settings
import Synchronization
import Time

@testable import ACME

/// Keeps what is published and what was obtained.
final class Recorder: ChallengeResponder, CertificateReceiver {
    struct State {
        var published: [PublishedChallenge] = []
        var publications = 0
        /// The names of what is used, as often as it was given.
        var used: [[String]] = []
    }

    let state = Mutex(State())

    func publish(_ challenge: PublishedChallenge) async throws {
        state.withLock { state in
            state.published.append(challenge)
            state.publications += 1
        }
    }

    func withdraw(_ challenge: PublishedChallenge) async {
        state.withLock { $0.published.removeAll { $0 == challenge } }
    }

    func use(_ certificates: [ObtainedCertificate]) async {
        state.withLock { $0.used.append(certificates.map { $0.names[0] }) }
    }
}

/// A keeper with an authority in memory, a clock that is set by hand, and a folder of its own.
final class KeeperBench: Sendable {
    let authority: FakeAuthority
    let recorder = Recorder()
    let now = Mutex(UnixTime(seconds: 1_800_000_100))
    let root = "\(FileManager.default.temporaryDirectory.path)/acme-\(UUID().uuidString)"

    init() throws { authority = try FakeAuthority() }

    deinit {
        // `try?`: there may be none.
        try? FileManager.default.removeItem(atPath: root)
    }

    func settings(_ names: String...) throws -> ACMESettings {
        var settings = try authority.settings
        settings.certificates = names.map { .init(names: [$0], challenge: .http) }
        return settings
    }

    func keeper(
        _ settings: ACMESettings,
        pause: @escaping @Sendable (Duration) async throws -> Void = { _ in }
    ) -> CertificateKeeper {
        let clock = ACMEClock(
            now: { [self] in now.withLock { $0 } },
            random: { 0 },
            pause: pause
        )
        let seams = CertificateKeeper.Seams(
            transport: { [authority] _ in authority },
            responder: recorder,
            receiver: recorder,
            clock: clock
        )
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return CertificateKeeper(settings, folder: root, seams, logger: logger)
    }

    func advance(_ seconds: Int64) { now.withLock { $0.seconds += seconds } }
}
