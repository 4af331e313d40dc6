import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import Settings

/// By which certificates a client recognizes a gateway.
package enum ManagementTrust: Hashable, Sendable {
    /// Those that the system's authorities have issued for the gateway's name.
    case system
    /// Those that the authorities of a file in PEM format have issued for the gateway's name.
    case authorities(file: String)
    /// This one, whatever its names and its life.
    case pinned(CertificateFingerprint)
}

/// A gateway's certificate that the system does not trust.
package struct UntrustedCertificate: Hashable, Sendable {
    package let fingerprint: CertificateFingerprint
    package let problem: CertificateProblem
}

extension ManagementTrust {
    /// Of the authorities; `nil` unless there is one.
    var file: String? {
        guard case .authorities(let file) = self else { return nil }
        return file
    }

    /// The first certificate of a file in PEM format, as it is now; `nil` if it cannot be read.
    package static func pinned(file path: String) -> ManagementTrust? {
        // `try?`: without it, the gateway is recognized as any other.
        guard let bytes = try? LimitedFile(path: path, sizeLimit: 1 << 20).bytes(),
            let certificate = try? NIOSSLCertificate.fromPEMBytes(bytes).first,
            let fingerprint = try? CertificateFingerprint(of: certificate)
        else { return nil }
        return .pinned(fingerprint)
    }
}

/// A gateway that does not have the certificate it should have.
struct CertificateMismatch: Error {
    let expected: CertificateFingerprint
    let found: CertificateFingerprint
}

extension ManagementTrust {
    /// - Parameter host: the gateway's, by which it is reached.
    /// - Throws: ``ManagementClientError/cannotTrust(file:reason:)``
    func apply(to configuration: inout HTTPClient.Configuration, host: String) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        switch self {
        case .system: configuration.requireCertificate(for: host)
        case .authorities(let file):
            tls.trustRoots = .certificates(try Self.authorities(in: file))
            configuration.requireCertificate(for: host)
        case .pinned(let expected):
            // The handshake still proves that the peer has the certificate's key (RFC 8446 §4.4.3).
            tls.certificateVerification = .none
            configuration.http1_1ConnectionDebugInitializer = { channel in
                Self.check(channel) { found in
                    guard found == expected else {
                        throw CertificateMismatch(expected: expected, found: found)
                    }
                }
            }
        }
        configuration.tlsConfiguration = tls
    }

    private static func authorities(in file: String) throws -> [NIOSSLCertificate] {
        do {
            let bytes = try LimitedFile(path: file, sizeLimit: 4 << 20).bytes()
            // `try?`: what matters is that it is of no use.
            let found = (try? NIOSSLCertificate.fromPEMBytes(bytes)) ?? []
            guard !found.isEmpty else {
                throw ManagementClientError.cannotTrust(
                    file: file,
                    reason: "not certificates in PEM format"
                )
            }
            return found
        } catch let error as UnreadableFile {
            throw ManagementClientError.cannotTrust(file: file, reason: error.reason)
        }
    }

    private static func check(
        _ channel: any Channel,
        _ body: @escaping @Sendable (CertificateFingerprint) throws -> Void
    ) -> EventLoopFuture<Void> {
        checkCertificate(of: channel) { try body(try CertificateFingerprint(of: $0)) }
    }

    /// Looks at the peer's certificate before anything is sent to it.
    ///
    /// - Parameter body: if it throws, the connection is closed.
    static func checkCertificate(
        of channel: any Channel,
        _ body: @escaping @Sendable (NIOSSLCertificate) throws -> Void
    ) -> EventLoopFuture<Void> {
        channel.nioSSL_peerCertificate().flatMapThrowing { certificate in
            guard let certificate else { throw NIOSSLError.noCertificateToValidate }
            try body(certificate)
        }.flatMapErrorThrowing { error in
            channel.close(promise: nil)
            throw error
        }
    }
}

// MARK: - The certificate of a gateway that is not known yet

/// What a gateway has presented before anything was sent to it.
private struct PresentedCertificate: Error {
    let fingerprint: CertificateFingerprint
}

extension ManagementClient {
    /// The certificate that an address presents now; nothing is sent to it.
    ///
    /// - Returns: `nil` if the system trusts it, so that it need not be pinned.
    package static func certificateToPin(
        at address: ManagementAddress,
        limits: Limits = Limits()
    ) async throws(ManagementClientError) -> UntrustedCertificate? {
        let problem: CertificateProblem
        do {
            _ = try await presentedCertificate(of: address, limits, isVerified: true)
            return nil
        } catch {
            guard error.isUntrustedCertificate else {
                throw ManagementClient(ManagementTarget(address), limits: limits).failure(
                    error,
                    at: address.text
                )
            }
            problem = error.certificateProblem(host: address.host)
        }
        do {
            return UntrustedCertificate(
                fingerprint: try await presentedCertificate(of: address, limits, isVerified: false),
                problem: problem
            )
        } catch {
            throw ManagementClient(ManagementTarget(address), limits: limits).failure(
                error,
                at: address.text
            )
        }
    }

    private static func presentedCertificate(
        of address: ManagementAddress,
        _ limits: Limits,
        isVerified: Bool
    ) async throws -> CertificateFingerprint {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(limits.connect), read: TimeAmount(limits.answer))
        )
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = isVerified ? .fullVerification : .none
        configuration.tlsConfiguration = tls
        let host = address.host
        configuration.http1_1ConnectionDebugInitializer = { channel in
            ManagementTrust.checkCertificate(of: channel) { certificate in
                guard try !isVerified || CertificateNames.include(host, certificate) else {
                    throw NIOSSLExtraError.failedToValidateHostname
                }
                throw PresentedCertificate(fingerprint: try CertificateFingerprint(of: certificate))
            }
        }
        do {
            _ = try await HTTPClient.withHTTPClient(configuration: configuration) { client in
                try await client.execute(
                    HTTPClientRequest(url: "\(address.url)/healthz"),
                    deadline: .now() + TimeAmount(limits.connect)
                )
            }
        } catch let presented as PresentedCertificate {
            return presented.fingerprint
        }
        throw HTTPClientError.remoteConnectionClosed
    }
}

extension Error {
    /// Whether TLS has failed because nobody who is trusted vouches for the peer's certificate.
    var isUntrustedCertificate: Bool {
        switch self as any Error {
        case let error as NIOSSLExtraError: error == .failedToValidateHostname
        case NIOSSLError.handshakeFailed(.sslError(let stack)):
            stack.contains { $0.description.contains("CERTIFICATE_VERIFY_FAILED") }
        default: false
        }
    }

    /// Of a certificate that is not trusted.
    func certificateProblem(host: String) -> CertificateProblem {
        self as? NIOSSLExtraError == .failedToValidateHostname
            ? .isOfOtherName(host: host) : .hasNoAuthority
    }

    /// Whether the peer does not speak TLS.
    var isPlainPeer: Bool {
        guard case NIOSSLError.handshakeFailed(.sslError(let stack)) = self as any Error else {
            return false
        }
        return stack.contains {
            $0.description.contains("WRONG_VERSION_NUMBER")
                || $0.description.contains("HTTP_REQUEST")
        }
    }
}
