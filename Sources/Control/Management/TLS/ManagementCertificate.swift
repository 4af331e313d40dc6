import Logging
import NIOSSL
import Operations
import Settings
import Synchronization
import Time

/// The certificate of the management address, which reloads replace: new connections get the new
/// one, open ones keep theirs.
final class ManagementCertificate: Sendable {
    private struct State {
        var current: ServerCertificate
        /// Read by a reload that has not ended.
        var staged: ServerCertificate?
    }

    private let state: Mutex<State>
    private let logger: Logger

    init(_ certificate: ServerCertificate, logger: Logger) {
        state = Mutex(State(current: certificate))
        self.logger = logger
    }

    /// - Returns: `nil` if the address is served without TLS.
    convenience init?(
        _ management: ManagementSettings,
        now: UnixTime = .systemTime,
        logger: Logger
    ) throws(CertificateError) {
        guard management.address != nil, management.tls.isOn else { return nil }
        let certificate = try Self.load(management, now: now, logger: logger)
        self.init(certificate, logger: logger)
        logger.notice("management certificate \(certificate.status.text)")
        certificate.doubt(at: now).map { logger.warning("\($0)") }
    }

    /// What a new connection is served with.
    var context: NIOSSLContext { state.withLock { $0.current.context } }

    var status: CertificateStatus { state.withLock { $0.current.status } }

    private static func load(_ management: ManagementSettings, now: UnixTime, logger: Logger)
        throws(CertificateError) -> ServerCertificate
    {
        guard let files = management.certificateFiles else { throw .noPlace }
        guard management.tls == .selfSigned else {
            return try ServerCertificate(files, isSelfSigned: false)
        }
        let own = SelfSignedCertificate(management: management, files: files)
        let (certificate, outcome) = try own.load(now: now)
        switch outcome {
        case .kept: break
        case .made:
            logger.notice("made a self-signed certificate for the management address")
        case .replaced(let reason):
            logger.warning(
                """
                made another self-signed certificate for the management address, because \(reason); \
                clients refuse it until they have pinned \(certificate.status.fingerprint)
                """
            )
        }
        return certificate
    }
}

// MARK: - Reloads

extension ManagementCertificate {
    /// Reads the files that a configuration names, for ``finishReload(succeeded:)``. May block.
    ///
    /// - Returns: the configuration; without its topology if the files are of no use.
    func staging(_ loaded: LoadedConfiguration, now: UnixTime = .systemTime) -> LoadedConfiguration
    {
        guard let management = loaded.configuration?.topology.management,
            management.tls.isOn, management.address != nil
        else {
            // TLS off requires a restart.
            stage(nil)
            return loaded
        }
        var loaded = loaded
        do throws(CertificateError) {
            let certificate = try Self.load(management, now: now, logger: logger)
            stage(certificate)
            if let doubt = certificate.doubt(at: now) {
                loaded.findings.append(.certificate(.warning, doubt))
            }
        } catch {
            stage(nil)
            loaded.findings.append(.certificate(.error, error.description))
            (loaded.configuration, loaded.topology) = (nil, nil)
        }
        return loaded
    }

    private func stage(_ certificate: ServerCertificate?) {
        state.withLock { $0.staged = certificate }
    }

    /// Serves what was staged, if the reload has succeeded.
    func finishReload(succeeded: Bool) {
        let new: CertificateStatus? = state.withLock { state in
            defer { state.staged = nil }
            guard succeeded, let staged = state.staged else { return nil }
            let isOther = staged.status != state.current.status
            state.current = staged
            return isOther ? staged.status : nil
        }
        if let new { logger.notice("management certificate replaced: \(new.text)") }
    }
}

extension ConfigurationFinding {
    fileprivate static func certificate(_ severity: Severity, _ message: String)
        -> ConfigurationFinding
    {
        ConfigurationFinding(severity, path: "management.tls", message: message)
    }
}

extension CertificateStatus {
    /// `SHA256:… (self-signed, expires 2029-…)`.
    var text: String {
        "\(fingerprint) (\(isSelfSigned ? "self-signed, " : "")expires \(expiresAt.rfc3339))"
    }
}
