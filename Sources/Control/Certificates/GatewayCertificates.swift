import ACME
import DNSProtocol
import Engine
import Logging
import Operations
import Settings
import Synchronization
import TLS
import Time

/// The certificates that the gateway obtains by ACME: shown at every listener that ends TLS, proved by
/// the listeners and by the name server.
final class GatewayCertificates: CertificateReceiver {
    private struct State {
        var settings: ACMESettings?
        var keeper: CertificateKeeper?
        var work: Task<Void, Never>?
        var isRunning = false
        /// Names that have texts in the zone.
        var texts: Set<String> = []
    }

    private let gateway: Gateway
    private let names: GatewayNames
    private let logger: Logger
    private let state = Mutex(State())

    init(_ gateway: Gateway, _ names: GatewayNames, logger: Logger) {
        self.gateway = gateway
        self.names = names
        self.logger = logger
    }

    /// Those of the active configuration.
    var status: [ManagedCertificate] { state.withLock { $0.keeper }?.statuses ?? [] }

    /// What is on disk is shown before anything listens.
    func prepare(_ settings: ACMESettings?) {
        guard let settings, let keeper = makeKeeper(settings) else { return }
        state.withLock { ($0.settings, $0.keeper) = (settings, keeper) }
        show(keeper.certificates)
    }

    /// Orders and renews until the task is cancelled.
    func run() async {
        state.withLock { state in
            state.isRunning = true
            Self.work(&state)
        }
        // `try?`: it throws when the task is cancelled.
        while (try? await Task.sleep(for: .seconds(3_600))) != nil {}
        let work = state.withLock { state in
            state.isRunning = false
            return state.work
        }
        work?.cancel()
        await work?.value
    }

    /// Applies another configuration. Returns immediately.
    func apply(_ settings: ACMESettings?) {
        let keeper: CertificateKeeper? = state.withLock { state in
            guard state.settings != settings else { return nil }
            state.settings = settings
            if settings == nil || state.keeper == nil {
                state.work?.cancel()
                state.work = nil
                state.keeper = settings.flatMap(makeKeeper)
                Self.work(&state)
                return nil
            }
            return state.keeper
        }
        if let keeper, let settings { Task { await keeper.update(settings) } }
    }

    private static func work(_ state: inout State) {
        guard state.isRunning, let keeper = state.keeper else { return }
        state.work = Task { await keeper.run() }
    }

    private func makeKeeper(_ settings: ACMESettings) -> CertificateKeeper? {
        guard let folder = settings.folder else {
            logger.error("certificates by ACME need a place: set tls.acme.folder")
            return nil
        }
        let board = ChallengeBoard { [weak self] in try self?.publish($0) }
        let seams = CertificateKeeper.Seams(
            transport: { ACMEHTTPTransport($0) },
            responder: board,
            receiver: self,
            clock: ACMEClock(now: { .systemTime })
        )
        return CertificateKeeper(settings, folder: folder, seams, logger: logger)
    }
}

// MARK: - Showing

extension GatewayCertificates {
    func use(_ certificates: [ObtainedCertificate]) async {
        show(certificates)
    }

    private func show(_ certificates: [ObtainedCertificate]) {
        var identities: [TLSIdentity] = []
        for certificate in certificates {
            do throws(TLSError) {
                let chain = Array(certificate.chainPEM.utf8)
                identities.append(
                    try TLSIdentity(chain: chain, key: Array(certificate.keyPEM.utf8))
                )
            } catch {
                let name = certificate.names.first ?? ""
                logger.error("cannot use the certificate for \(name): \(error)")
            }
        }
        do throws(GatewayError) {
            try gateway.use(identities)
        } catch {
            logger.error("cannot use certificates: \(error)")
        }
    }
}

// MARK: - Proving

extension GatewayCertificates {
    /// Why an answer cannot be published.
    enum PublishingError: Error, CustomStringConvertible {
        case outsideOfZone(String)

        var description: String {
            switch self {
            case .outsideOfZone(let name):
                "\(name) is not in the gateway's zone (dns-01 needs domain and dns)"
            }
        }
    }

    /// Publishes all of these, and nothing else.
    private func publish(_ challenges: [PublishedChallenge]) throws {
        var tokens: [String: String] = [:]
        var texts: [String: [String]] = [:]
        let old = state.withLock { $0.texts }
        for challenge in challenges {
            switch challenge {
            case .http(let token, let authorization):
                tokens[token] = authorization
            case .tlsALPN(let name, let certificate, let key):
                let identity = try TLSIdentity(
                    chain: Array(certificate.utf8),
                    key: Array(key.utf8)
                )
                try gateway.sharedTLS.challenges.add(identity, for: name)
            case .dns(let name, let value):
                texts[name, default: []].append(value)
            }
        }
        gateway.sharedTLS.answerHTTPChallenges(by: tokens)
        gateway.sharedTLS.challenges.retain { (name: String) in
            challenges.contains { challenge in
                guard case .tlsALPN(name, _, _) = challenge else { return false }
                return true
            }
        }
        state.withLock { $0.texts = Set(texts.keys) }
        for name in old.subtracting(texts.keys) { _ = try setTexts([], at: name) }
        for (name, values) in texts where try !setTexts(values, at: name) {
            throw PublishingError.outsideOfZone(name)
        }
    }

    private func setTexts(_ texts: [String], at name: String) throws -> Bool {
        names.setTexts(texts, at: try DNSName(parsing: name))
    }
}
