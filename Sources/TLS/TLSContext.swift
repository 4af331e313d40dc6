import COpenSSL
public import Traffic

/// What the TLS connections of a listener, or to a service, have in common beyond certificates.
public struct TLSPolicy: Hashable, Sendable {
    /// Whether the peer must show a certificate.
    public enum PeerCertificates: Hashable, Sendable { case off, optional, required }

    public var minimumVersion = TLSSession.Version.tls12
    /// In OpenSSL's spelling; `nil` for the standard ones.
    public var ciphers: String?
    /// Of TLS 1.3, in OpenSSL's spelling; `nil` for the standard ones.
    public var cipherSuites: String?
    public var peerCertificates = PeerCertificates.off
    /// In PEM: who signs the peers' certificates; towards backends `nil` means the system's.
    public var authorities: [UInt8]?
    /// The name of `authorities` and `revocations`, which a verified certificate is kept with.
    public var trust: CertificateTrust?
    /// Certificate revocation lists in PEM, one for each authority.
    public var revocations: [UInt8]?
    /// Protocols to choose from (RFC 7301), the preferred one first; none is negotiated if empty.
    public var applicationProtocols: [String] = []
    /// Whether sessions can be handed over to the kernel, for which their secrets are kept.
    public var allowsHandOver = false

    /// For tests; `nil` for the newest.
    var maximumVersion: TLSSession.Version?

    public init() {}
}

/// An SSL_CTX. Counted by OpenSSL; connections may outlive it.
@safe final class TLSContext: Sendable {
    // OpenSSL synchronizes what is written after it was made.
    nonisolated(unsafe) let pointer: OpaquePointer
    /// Kept for the context's life.
    private let ticketKeys: TLSTicketKeys?

    /// For a server.
    ///
    /// - Parameter scope: 32 bytes that are the same for contexts whose sessions may be resumed in
    ///   each other.
    init(
        showing identity: TLSIdentity,
        _ policy: TLSPolicy,
        scope: [UInt8],
        ticketKeys: TLSTicketKeys?
    ) throws(TLSError) {
        precondition(scope.count == 32)
        self.ticketKeys = ticketKeys
        unsafe pointer = unsafe try Self.make(policy) { options in
            unsafe scope.withUnsafeBufferPointer { scope in
                unsafe options.session_scope = scope.baseAddress
                unsafe options.ticket_keys = unsafe ticketKeys?.pointer
                return unsafe copenssl_server_context_new(identity.pointer, &options)
            }
        }
    }

    /// For a client.
    init(clientShowing identity: TLSIdentity?, _ policy: TLSPolicy) throws(TLSError) {
        ticketKeys = nil
        unsafe pointer = unsafe try Self.make(policy) { options in
            unsafe copenssl_client_context_new(identity?.pointer, &options)
        }
    }

    deinit {
        unsafe copenssl_context_free(pointer)
    }

    /// SHA-256 (FIPS 180-4).
    static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let result = unsafe copenssl_sha256(bytes, bytes.count, &digest)
        precondition(result == 0, "libcrypto has no SHA-256")
        return digest
    }

    private static func make(
        _ policy: TLSPolicy,
        by body: (inout copenssl_options) -> OpaquePointer?
    ) throws(TLSError) -> OpaquePointer {
        let protocols = policy.applicationProtocols.flatMap { name in
            [UInt8(truncatingIfNeeded: name.utf8.count)] + Array(name.utf8)
        }
        let ciphers = Text(policy.ciphers)
        let cipherSuites = Text(policy.cipherSuites)
        let authorities = policy.authorities ?? []
        let revocations = policy.revocations ?? []
        var options = unsafe copenssl_options()
        unsafe options.minimum_version = policy.minimumVersion == .tls13 ? 0x0304 : 0x0303
        unsafe options.maximum_version = policy.maximumVersion == .tls12 ? 0x0303 : 0
        unsafe options.peer_certificates = policy.peerCertificates.raw
        unsafe options.authorities_count = authorities.count
        unsafe options.revocations_count = revocations.count
        unsafe options.protocols_count = protocols.count
        unsafe options.exports_keys = policy.allowsHandOver
        let pointer = unsafe ciphers.withPointer { ciphers in
            unsafe cipherSuites.withPointer { cipherSuites in
                unsafe authorities.withUnsafeBufferPointer { authorities in
                    unsafe revocations.withUnsafeBufferPointer { revocations in
                        unsafe protocols.withUnsafeBufferPointer { protocols in
                            unsafe options.ciphers = unsafe ciphers
                            unsafe options.cipher_suites = unsafe cipherSuites
                            unsafe options.authorities =
                                policy.authorities == nil ? nil : authorities.baseAddress
                            unsafe options.revocations =
                                policy.revocations == nil ? nil : revocations.baseAddress
                            unsafe options.protocols = protocols.baseAddress
                            return unsafe body(&options)
                        }
                    }
                }
            }
        }
        guard let pointer = unsafe pointer else {
            throw .badSettings(reason: TLSError.lastReason())
        }
        return unsafe pointer
    }

    /// A text that C reads, or NULL.
    private struct Text {
        private let bytes: [CChar]?

        init(_ text: String?) {
            bytes = text.map { $0.utf8CString.map { $0 } }
        }

        func withPointer<Result>(_ body: (UnsafePointer<CChar>?) -> Result) -> Result {
            guard let bytes else { return body(nil) }
            return unsafe bytes.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
        }
    }
}

extension TLSPolicy.PeerCertificates {
    fileprivate var raw: copenssl_peer_certificates {
        switch self {
        case .off: copenssl_peer_certificates_off
        case .optional: copenssl_peer_certificates_optional
        case .required: copenssl_peer_certificates_required
        }
    }
}
