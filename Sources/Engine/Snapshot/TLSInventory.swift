import Addresses
import MySQLClient
import MySQLProtocol
import Operations
import Policy
import Settings
package import TLS
import Text
import Time
import Traffic

/// The TLS of a configuration: of listeners with clients, and of services with backends.
struct TLSInventory: Sendable {
    private(set) var servers: [SocketAddress: TLSServer] = [:]
    private(set) var clients: [Service.ID: BackendTLS] = [:]
    private(set) var certificates: [ServedCertificate] = []

    init() {}

    /// Reads every certificate that the topology names.
    ///
    /// - Parameter shared: what outlives a configuration.
    init(of topology: Topology, _ shared: SharedTLS) throws(GatewayError) {
        for listener in topology.listeners {
            guard let tls = listener.tls else { continue }
            do throws(TLSError) {
                servers[listener.address] = try server(tls, of: listener, topology.files, shared)
            } catch {
                throw .badTLS(owner: "listener \(listener.address)", reason: error.description)
            }
        }
        for service in topology.services {
            guard let tls = service.tls else { continue }
            do throws(TLSError) {
                clients[service.id] = try Self.client(tls, topology.files)
            } catch {
                throw .badTLS(owner: "service \(service.id)", reason: error.description)
            }
        }
    }

    private mutating func server(
        _ tls: ListenerTLS,
        of listener: Listener,
        _ files: TLSFiles,
        _ shared: SharedTLS
    ) throws(TLSError) -> TLSServer {
        let settings = tls.settings
        var identities: [TLSIdentity] = []
        for pair in settings.certificates {
            identities.append(try TLSIdentity(pair, files))
        }
        identities += shared.obtained
        if identities.isEmpty {
            // Its names are being proved, perhaps by TLS.
            identities.append(try TLSIdentity(placeholderFor: "not obtained yet"))
        }
        certificates += identities.enumerated().map { index, identity in
            ServedCertificate(identity, at: "\(listener.address)", isDefault: index == 0)
        }
        var policy = TLSPolicy()
        policy.minimumVersion = settings.minimumVersion
        policy.ciphers = settings.ciphers
        policy.cipherSuites = settings.cipherSuites
        policy.peerCertificates = settings.clientCertificates.mode.policy
        policy.authorities = try settings.clientCertificates.authorities.map(files.content)
        policy.revocations = try settings.clientCertificates.revocations.map(files.content)
        if listener.protocol == .http { policy.applicationProtocols = ["http/1.1"] }
        return try TLSServer(
            identities,
            policy: policy,
            // Where other clients are let in, a session of one listener is none of another.
            scope: "\(listener.address) \(settings.clientCertificates)",
            ticketKeys: settings.resumesSessions ? shared.ticketKeys : nil,
            challenges: shared.challenges
        )
    }

    private static func client(_ tls: BackendTLSSettings, _ files: TLSFiles) throws(TLSError)
        -> BackendTLS
    {
        var policy = TLSPolicy()
        policy.minimumVersion = tls.minimumVersion
        policy.peerCertificates = tls.verifies ? .required : .off
        policy.authorities = try tls.authorities.map(files.content)
        var identity: TLSIdentity?
        if let pair = tls.certificate { identity = try TLSIdentity(pair, files) }
        let client = try TLSClient(showing: identity, policy: policy)
        return BackendTLS(client, serverName: tls.serverName, verifies: tls.verifies)
    }
}

/// What TLS keeps across reloads.
package final class SharedTLS: Sendable {
    let ticketKeys: TLSTicketKeys?
    /// Certificates for ACME servers that validate a name.
    package let challenges = TLSChallenges()
    private let cipher = Locked<RSAPasswordCipher?>(nil)
    private let obtainedIdentities = Locked<[TLSIdentity]>([])
    private let httpAnswers = Locked<[String: String]>([:])

    /// Without keys, no session can be resumed.
    package init() {
        // `try?`: the system has no random bytes, without which TLS fails anyway.
        ticketKeys = try? TLSTicketKeys()
    }

    /// Certificates that were obtained while the gateway runs, for every listener.
    package var obtained: [TLSIdentity] {
        get { obtainedIdentities.withLock { $0 } }
        set { obtainedIdentities.withLock { $0 = newValue } }
    }

    /// What authorities look for over HTTP, by token.
    package func answerHTTPChallenges(by answers: [String: String]) {
        httpAnswers.withLock { $0 = answers }
    }

    /// Its key is made when the first listener greets clients.
    var passwordCipher: any PasswordCipher {
        cipher.withLock { cipher in
            if let cipher { return cipher }
            guard let new = RSAPasswordCipher() else {
                preconditionFailure("libcrypto cannot make an RSA key")
            }
            cipher = new
            return new
        }
    }
}

extension SharedTLS: HTTPChallengeAnswers {
    package func keyAuthorization(of token: String) -> String? {
        httpAnswers.withLock { $0[token] }
    }
}

extension TLSIdentity {
    fileprivate convenience init(_ pair: CertificateFiles, _ files: TLSFiles) throws(TLSError) {
        try self.init(
            chain: try files.content(of: pair.certificate),
            key: try files.content(of: pair.key)
        )
    }
}

extension TLSFiles {
    /// The loader has read every file that the topology names.
    fileprivate func content(of path: String) throws(TLSError) -> [UInt8] {
        guard let content = self[path] else { throw .badSettings(reason: "\(path) was not read") }
        return content
    }
}

extension TLSSettings.ClientCertificates.Mode {
    fileprivate var policy: TLSPolicy.PeerCertificates {
        switch self {
        case .off: .off
        case .optional: .optional
        case .required: .required
        }
    }
}

extension ServedCertificate {
    fileprivate init(_ identity: TLSIdentity, at listener: String, isDefault: Bool) {
        self.init(
            listener: listener,
            names: identity.names,
            isDefault: isDefault,
            fingerprint: identity.fingerprintText,
            subject: identity.subject,
            issuer: identity.issuer,
            keyAlgorithm: identity.keyAlgorithm,
            notBefore: UnixTime(seconds: identity.notBefore),
            expiresAt: UnixTime(seconds: identity.notAfter)
        )
    }
}
