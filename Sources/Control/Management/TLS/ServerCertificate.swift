import FoundationEssentials
import NIOCore
import NIOSSL
import Operations
import Settings
import Sockets
import Time

/// Why a certificate and its key cannot be used. Each case names the remedy.
enum CertificateError: Error, Hashable {
    case unreadable(path: String, reason: String)
    /// Others than its owner may read the key.
    case exposedKey(path: String)
    case notCertificate(path: String)
    case notKey(path: String)
    case mismatch(CertificateFiles)
    /// The gateway cannot keep a certificate that it makes.
    case unwritable(path: String, reason: String)
    case noPlace
}

extension CertificateError: CustomStringConvertible {
    var description: String {
        switch self {
        case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
        case .exposedKey(let path):
            "\(path) can be read by others than its owner (chmod 600 \(path))"
        case .notCertificate(let path): "\(path) is not a certificate in PEM format"
        case .notKey(let path): "\(path) is not an unencrypted private key in PEM format"
        case .mismatch(let files):
            "\(files.key) is not the key of the first certificate in \(files.certificate) (the"
                + " server's own certificate comes first, then those of its issuers)"
        case .unwritable(let path, let reason): "cannot write \(path): \(reason)"
        case .noPlace:
            "there is no place for a self-signed certificate (set state, or set management.tls to"
                + " { certificate: FILE, key: FILE }; systemd makes a place with StateDirectory=)"
        }
    }
}

/// A certificate with its key, ready to serve.
struct ServerCertificate: Sendable {
    /// Of each file.
    private static let sizeLimit = 1 << 20

    /// Made once: each connection takes its own from it.
    let context: NIOSSLContext
    let status: CertificateStatus
    let notBefore: UnixTime

    /// Reads both files and checks that they fit each other.
    init(_ files: CertificateFiles, isSelfSigned: Bool) throws(CertificateError) {
        let chain = try Self.chain(in: files.certificate)
        let key = try Self.key(in: files.key)
        guard let leaf = chain.first, let fingerprint = try? CertificateFingerprint(of: leaf) else {
            throw .notCertificate(path: files.certificate)
        }
        do {
            context = try NIOSSLContext(configuration: Self.configuration(chain, key))
        } catch {
            throw .mismatch(files)
        }
        notBefore = UnixTime(seconds: Int64(leaf.notValidBefore))
        status = CertificateStatus(
            fingerprint: fingerprint.description,
            expiresAt: UnixTime(seconds: Int64(leaf.notValidAfter)),
            isSelfSigned: isSelfSigned
        )
    }

    private static func configuration(
        _ chain: [NIOSSLCertificate],
        _ key: NIOSSLPrivateKey
    ) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        // RFC 8996: older versions are not to be used.
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        configuration.shutdownTimeout = .seconds(1)
        return configuration
    }

    private static func chain(in path: String) throws(CertificateError) -> [NIOSSLCertificate] {
        let bytes = try bytes(of: path)
        // `try?`: what matters is which file it is.
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(bytes), !chain.isEmpty else {
            throw .notCertificate(path: path)
        }
        return chain
    }

    private static func key(in path: String) throws(CertificateError) -> NIOSSLPrivateKey {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let permissions: UInt32
        do throws(SystemError) {
            permissions = try FileStatus(of: target).permissions
        } catch {
            throw .unreadable(path: path, reason: "\(error)")
        }
        guard permissions & 0o077 == 0 else { throw .exposedKey(path: path) }
        let bytes = try bytes(of: path)
        // `try?`: an error's own words could hold parts of the key.
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw .notKey(path: path)
        }
        return key
    }

    private static func bytes(of path: String) throws(CertificateError) -> [UInt8] {
        do throws(UnreadableFile) {
            return try LimitedFile(path: path, sizeLimit: sizeLimit).bytes()
        } catch {
            throw .unreadable(path: path, reason: error.reason)
        }
    }
}

extension ServerCertificate {
    /// What an operator should know of the certificate at `now`; `nil` if nothing.
    func doubt(at now: UnixTime) -> String? {
        if status.expiresAt <= now {
            return "the certificate of the management address expired at"
                + " \(status.expiresAt.rfc3339): clients refuse it (replace it and reload)"
        }
        if notBefore > now {
            return "the certificate of the management address is not valid before"
                + " \(notBefore.rfc3339): clients refuse it (is this machine's clock right?)"
        }
        return nil
    }
}
