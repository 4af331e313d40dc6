import COpenSSL

/// TLS towards a service's backends.
///
/// Immutable, and shared by all shards.
public final class TLSClient: Sendable {
    private let context: TLSContext

    /// - Parameters:
    ///   - identity: shown to backends that ask for one.
    ///   - policy: its peer certificates are verified unless they are `off`.
    public init(showing identity: TLSIdentity?, policy: TLSPolicy) throws(TLSError) {
        context = try TLSContext(clientShowing: identity, policy)
    }

    /// Begins with a backend.
    ///
    /// - Parameters:
    ///   - serverName: sent in the ClientHello (RFC 6066 §3); `nil` for none.
    ///   - verifiedName: the host name or address that the backend's certificate must have; `nil` if
    ///     any will do.
    ///   - reportsOnly: whether a backend that cannot be verified is only reported
    ///     (``TLSConnection/verificationFailure``): nothing may be sent that it must not read.
    /// - Returns: `nil` if memory has run out, or a name is invalid.
    public func connect(
        serverName: String?,
        verifiedName: String?,
        reportsOnly: Bool = false
    ) -> TLSConnection? {
        let pointer = unsafe withOptional(serverName) { serverName in
            unsafe withOptional(verifiedName) { verifiedName in
                unsafe copenssl_tls_connect(
                    context.pointer,
                    serverName,
                    verifiedName,
                    reportsOnly
                )
            }
        }
        return unsafe pointer.map { unsafe TLSConnection($0, of: nil) }
    }

    private func withOptional<Result>(
        _ text: String?,
        _ body: (UnsafePointer<CChar>?) -> Result
    ) -> Result {
        guard let text else { return body(nil) }
        return unsafe text.withCString { unsafe body($0) }
    }
}
