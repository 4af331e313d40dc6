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
    /// For redirects to HTTPS.
    private(set) var redirectClients: [Service.ID: BackendTLS] = [:]
    private(set) var certificates: [ServedCertificate] = []

    /// Of what could not be set up.
    private(set) var problems: [TLSProblem] = []
    /// Whether the kernel may take sessions over.
    private var allowsHandOver = false

    init() {}

    /// Reads every certificate that the topology names.
    ///
    /// - Parameter shared: what outlives a configuration.
    init(of topology: Topology, _ shared: SharedTLS) throws(GatewayError) {
        self.init(reading: topology, shared)
        guard let problem = problems.first else { return }
        throw .badTLS(owner: problem.owner, reason: problem.reason)
    }

    /// The same as far as it is possible.
    init(reading topology: Topology, _ shared: SharedTLS) {
        allowsHandOver = KernelOffload(topology.engine.kernelTLS) != nil
        for listener in topology.listeners {
            guard let tls = listener.tls else { continue }
            attempt("listener \(listener.address)") { inventory, owner throws(TLSProblem) in
                let server = try inventory.server(tls, of: listener, owner, topology.files, shared)
                inventory.servers[listener.address] = server
            }
        }
        for service in topology.services { readClients(of: service, topology.files) }
    }

    private mutating func readClients(of service: Service, _ files: TLSFiles) {
        if let tls = service.tls {
            attempt("service \(service.id)") { inventory, owner throws(TLSProblem) in
                inventory.clients[service.id] = try inventory.client(tls, owner, files)
            }
        }
        guard let tls = service.redirects.tls, tls != service.tls else {
            redirectClients[service.id] = service.redirects.tls == nil ? nil : clients[service.id]
            return
        }
        attempt("redirects of service \(service.id)") { inventory, owner throws(TLSProblem) in
            inventory.redirectClients[service.id] = try inventory.client(tls, owner, files)
        }
    }

    private mutating func attempt(
        _ owner: String,
        _ body: (inout TLSInventory, String) throws(TLSProblem) -> Void
    ) {
        do throws(TLSProblem) {
            try body(&self, owner)
        } catch {
            problems.append(error)
        }
    }

    private mutating func identity(
        _ pair: CertificateFiles,
        of owner: String,
        _ files: TLSFiles
    ) throws(TLSProblem) -> TLSIdentity {
        do throws(TLSError) {
            return try TLSIdentity(
                chain: try files.content(of: pair.certificate),
                key: try files.content(of: pair.key)
            )
        } catch {
            throw TLSProblem(owner: owner, files: pair, error: error)
        }
    }

    private mutating func server(
        _ tls: ListenerTLS,
        of listener: Listener,
        _ owner: String,
        _ files: TLSFiles,
        _ shared: SharedTLS
    ) throws(TLSProblem) -> TLSServer {
        var identities: [TLSIdentity] = []
        for pair in tls.settings.certificates {
            identities.append(try identity(pair, of: owner, files))
        }
        identities += shared.obtained
        do throws(TLSError) {
            if identities.isEmpty {
                // Its names are being proved, perhaps by TLS.
                identities.append(try TLSIdentity(placeholderFor: "not obtained yet"))
            }
            let server = try server(tls.settings, of: listener, identities, files, shared)
            certificates += identities.enumerated().map { index, identity in
                ServedCertificate(identity, at: "\(listener.address)", isDefault: index == 0)
            }
            return server
        } catch {
            throw TLSProblem(owner: owner, files: nil, error: error)
        }
    }

    private func server(
        _ settings: TLSSettings,
        of listener: Listener,
        _ identities: [TLSIdentity],
        _ files: TLSFiles,
        _ shared: SharedTLS
    ) throws(TLSError) -> TLSServer {
        var policy = TLSPolicy()
        policy.minimumVersion = settings.minimumVersion
        policy.ciphers = settings.ciphers
        policy.cipherSuites = settings.cipherSuites
        if listener.protocol == .http { policy.applicationProtocols = ["http/1.1"] }
        policy.allowsHandOver = allowsHandOver
        let plan = CertificatePlan(of: listener)
        var named: [String: TLSPolicy] = [:]
        for (name, clients) in plan.named {
            named[name] = try policy.asking(for: clients, files)
        }
        return try TLSServer(
            identities,
            policy: policy.asking(for: plan.standard, files),
            named: named,
            // Where other clients are let in, a session of one listener is none of another.
            scope: "\(listener.address)",
            ticketKeys: settings.resumesSessions ? shared.ticketKeys : nil,
            challenges: shared.challenges
        )
    }

    private mutating func client(
        _ tls: BackendTLSSettings,
        _ owner: String,
        _ files: TLSFiles
    ) throws(TLSProblem) -> BackendTLS {
        var shown: TLSIdentity?
        if let pair = tls.certificate { shown = try identity(pair, of: owner, files) }
        do throws(TLSError) {
            var policy = TLSPolicy()
            policy.minimumVersion = tls.minimumVersion
            policy.peerCertificates = tls.verifies ? .required : .off
            policy.allowsHandOver = allowsHandOver
            policy.authorities = try tls.authorities.map(files.content)
            let client = try TLSClient(showing: shown, policy: policy)
            return BackendTLS(client, serverName: tls.serverName, verifies: tls.verifies)
        } catch {
            throw TLSProblem(owner: owner, files: nil, error: error)
        }
    }
}

/// What TLS keeps across reloads.
package final class SharedTLS: Sendable {
    let ticketKeys: TLSTicketKeys?
    /// Seals what HTTP clients carry back in redirects.
    let tokens: any TokenSealing = TokenSeal()
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

extension TLSPolicy {
    fileprivate func asking(
        for clients: TLSSettings.ClientCertificates,
        _ files: TLSFiles
    ) throws(TLSError) -> TLSPolicy {
        var policy = self
        guard let trust = clients.trust else { return policy }
        policy.peerCertificates = clients.mode.policy
        policy.trust = trust
        policy.authorities = try files.content(of: trust.authorities)
        policy.revocations = try trust.revocations.map(files.content)
        return policy
    }
}

extension TLSFiles {
    /// The loader has read every file that the topology names.
    fileprivate func content(of path: String) throws(TLSError) -> [UInt8] {
        guard let content = self[path] else { throw .missingFile(path) }
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
