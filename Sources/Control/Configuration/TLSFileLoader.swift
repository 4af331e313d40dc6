import FoundationEssentials
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
    private(set) var findings: [ConfigurationFinding] = []
    private(set) var files = TLSFiles()

    init(now: UnixTime) {
        self.now = now
    }

    /// Reads every file of `topology`.
    mutating func load(_ topology: Topology) {
        for file in topology.tlsFiles { read(file) }
        var checked: Set<CertificateFiles> = []
        for (owner, pair) in topology.certificatePairs where checked.insert(pair).inserted {
            check(pair, of: owner)
        }
    }

    private mutating func read(_ file: NamedTLSFile) {
        do throws(UnreadableFile) {
            if file.kind == .key { try Self.checkPermissions(of: file.path) }
            files[file.path] = try LimitedFile(path: file.path, sizeLimit: Self.sizeLimit).bytes()
        } catch {
            report(.error, of: file.owner, "cannot use \(file.path): \(error.reason)")
        }
    }

    /// Who can read a key can impersonate the gateway.
    private static func checkPermissions(of path: String) throws(UnreadableFile) {
        let permissions: UInt32
        do throws(SystemError) {
            permissions = try FileStatus(following: path).permissions
        } catch {
            throw UnreadableFile(reason: error.description)
        }
        guard permissions & 0o077 != 0 else { return }
        throw UnreadableFile(
            reason: "it can be read by others than its owner (chmod 600 \(path))"
        )
    }

    private mutating func check(_ pair: CertificateFiles, of owner: String) {
        guard let chain = files[pair.certificate], let key = files[pair.key] else { return }
        do throws(TLSError) {
            let identity = try TLSIdentity(chain: chain, key: key)
            if let doubt = identity.doubt(at: now) {
                report(.warning, of: owner, "\(pair.certificate): \(doubt)")
            }
        } catch {
            report(.error, of: owner, "\(pair.certificate) and \(pair.key): \(error)")
        }
    }

    private mutating func report(
        _ severity: ConfigurationFinding.Severity,
        of owner: String,
        _ message: String
    ) {
        findings.append(
            ConfigurationFinding(severity, path: "tls", message: "\(owner): \(message)")
        )
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
    /// Every certificate with its key, and what shows it.
    fileprivate var certificatePairs: [(owner: String, pair: CertificateFiles)] {
        let served = listeners.flatMap { listener in
            (listener.tls?.settings.certificates ?? []).map {
                ("listener \(listener.address)", $0)
            }
        }
        let shown = services.compactMap { service in
            service.tls?.certificate.map { ("service \(service.id)", $0) }
        }
        return served + shown
    }
}
