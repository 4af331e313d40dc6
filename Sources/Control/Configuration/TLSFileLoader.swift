import Engine
import Settings
import Sockets
import TLS
import Time

/// Reads the certificates, keys and lists that TLS settings name, and checks that they are of use:
/// what is wrong with them is said before anything changes.
struct TLSFileLoader {
    /// Of each file, in bytes.
    private static let sizeLimit = 4 << 20

    let now: UnixTime
    /// Where the configuration file names them.
    let places: TLSPlaces
    private(set) var findings: [ConfigurationFinding] = []
    private(set) var files = TLSFiles()
    /// The certificates that can be used.
    private(set) var identities: [CertificateFiles: TLSIdentity] = [:]

    init(now: UnixTime, places: TLSPlaces = TLSPlaces()) {
        self.now = now
        self.places = places
    }

    /// Reads every file of `topology`.
    mutating func load(_ topology: Topology) {
        for list in places.cipherLists { check(list) }
        for file in topology.tlsFiles { read(file) }
        var checked: Set<CertificateFiles> = []
        for pair in topology.certificatePairs where checked.insert(pair).inserted { check(pair) }
        for path in topology.authorityFiles { checkAuthorities(path) }
        for listener in topology.listeners { checkNames(of: listener, topology.acme) }
        checkWhole(topology)
        findings.sort { ($0.position ?? .start) < ($1.position ?? .start) }
    }

    /// What only shows when everything is put together, as the gateway will do it.
    private mutating func checkWhole(_ topology: Topology) {
        guard !findings.contains(where: { $0.severity == .error }) else { return }
        var topology = topology
        topology.files = files
        var reported: Set<String> = []
        for problem in TLSReview(of: topology).problems
        where reported.insert(problem.reason).inserted {
            let message = "\(problem.owner): \(problem.reason)"
            findings.append(ConfigurationFinding(.error, path: "tls", message: message))
        }
    }

    mutating func report(
        _ severity: ConfigurationFinding.Severity,
        at place: ValueLocation?,
        _ message: String,
        remedy: String? = nil
    ) {
        // Only a topology that was not read from a file has no places.
        let finding =
            place?.finding(severity, message, remedy: remedy)
            ?? ConfigurationFinding(severity, path: "tls", message: message, remedy: remedy)
        findings.append(finding)
    }
}

// MARK: - Files

extension TLSFileLoader {
    private mutating func read(_ file: NamedTLSFile) {
        let bytes: [UInt8]
        do throws(UnreadableFile) {
            bytes = try LimitedFile(path: file.path, sizeLimit: Self.sizeLimit).bytes()
        } catch {
            report(.error, at: places[file: file.path], "cannot use \(file.path): \(error.reason)")
            return
        }
        // What should have been the other's is reported for both together.
        if file.kind == .key, TLSFileContent(of: bytes).hasKey, !checkPermissions(of: file) {
            return
        }
        files[file.path] = bytes
    }

    /// Who can read a key can impersonate the gateway.
    private mutating func checkPermissions(of file: NamedTLSFile) -> Bool {
        do throws(SystemError) {
            let permissions = try FileStatus(following: file.path).permissions
            if permissions & 0o077 == 0 { return true }
            report(
                .error,
                at: places[file: file.path],
                "cannot use \(file.path): it can be read by others than its owner",
                remedy: "chmod 600 \(file.path)"
            )
        } catch {
            report(.error, at: places[file: file.path], "cannot use \(file.path): \(error)")
        }
        return false
    }

    /// Certificates by which others are checked.
    private mutating func checkAuthorities(_ path: String) {
        guard let bytes = files[path] else { return }
        var policy = TLSPolicy()
        policy.authorities = bytes
        do throws(TLSError) {
            _ = try TLSClient(showing: nil, policy: policy)
        } catch {
            report(
                .error,
                at: places[file: path],
                "cannot use \(path): it has no certificate in PEM, or an invalid one"
            )
        }
    }
}

// MARK: - Certificates

extension TLSFileLoader {
    private mutating func check(_ pair: CertificateFiles) {
        guard let chain = files[pair.certificate], let key = files[pair.key],
            checkContents(of: pair, TLSFileContent(of: chain), TLSFileContent(of: key))
        else { return }
        do throws(TLSError) {
            let identity = try TLSIdentity(chain: chain, key: key)
            identities[pair] = identity
            warn(of: identity, in: pair)
        } catch .encryptedKey {
            report(
                .error,
                at: places[pair],
                "\(pair.key): the private key is encrypted",
                remedy: "openssl pkey -in \(pair.key) -out FILE, and name that file"
            )
        } catch {
            report(.error, at: places[pair], "\(pair.certificate) and \(pair.key): \(error)")
        }
    }

    /// Whether each file has what it is named for.
    private mutating func checkContents(
        of pair: CertificateFiles,
        _ chain: TLSFileContent,
        _ key: TLSFileContent
    ) -> Bool {
        if chain.hasCertificate, key.hasKey { return true }
        if chain.hasKey, key.hasCertificate {
            report(
                .error,
                at: places[pair],
                "\(pair.key) is a certificate, and \(pair.certificate) a private key",
                remedy: "exchange the two"
            )
        } else if !chain.hasCertificate {
            report(
                .error,
                at: places[file: pair.certificate],
                "\(pair.certificate) has no certificate in PEM",
                remedy: "convert one: openssl x509 -inform DER -in FILE -out FILE"
            )
        } else {
            report(
                .error,
                at: pair.key == pair.certificate ? places[pair] : places[file: pair.key],
                key.hasCertificate
                    ? "\(pair.key) is a certificate, not a private key"
                    : "\(pair.key) has no private key in PEM",
                remedy: "name the file of the certificate's private key"
            )
        }
        return false
    }

    private mutating func warn(of identity: TLSIdentity, in pair: CertificateFiles) {
        let place = places[file: pair.certificate]
        if let doubt = identity.doubt(at: now) {
            report(.warning, at: place, "\(pair.certificate): \(doubt)")
        }
        if let gap = identity.chainGap {
            report(
                .warning,
                at: place,
                "\(pair.certificate): certificate \(gap + 1) did not sign certificate \(gap): many"
                    + " clients refuse such a chain",
                remedy: "put the server's certificate first, then that of its issuer, and so on"
            )
        }
    }
}

extension TLSIdentity {
    /// What an operator should know of the certificate; `nil` if nothing.
    fileprivate func doubt(at now: UnixTime) -> String? {
        if notAfter <= now.seconds {
            return "the certificate expired at \(UnixTime(seconds: notAfter).rfc3339): clients"
                + " refuse it (replace it and reload)"
        }
        if notBefore > now.seconds {
            return "the certificate is not valid before \(UnixTime(seconds: notBefore).rfc3339):"
                + " clients refuse it (is this machine's clock right?)"
        }
        return names.isEmpty ? "the certificate has no name: clients refuse it" : nil
    }
}

extension Topology {
    /// Every certificate with its key.
    fileprivate var certificatePairs: [CertificateFiles] {
        listeners.flatMap { $0.tls?.settings.certificates ?? [] }
            + services.flatMap(\.clientTLS).compactMap(\.certificate)
    }

    /// The files of authorities, each once.
    fileprivate var authorityFiles: Set<String> {
        let clients = listeners.compactMap(\.tls?.settings.clientCertificates.authorities)
        let backends = services.flatMap(\.clientTLS).compactMap(\.authorities)
        return Set(clients + backends + [acme?.authorityFile].compactMap(\.self))
    }
}

extension SourcePosition {
    fileprivate static let start = SourcePosition(line: 0, column: 0)
}
