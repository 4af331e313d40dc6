import NIOSSL

extension Error {
    /// Why a connection has no TLS, for people; `nil` if that is not the reason.
    ///
    /// BoringSSL does not report whether the issuer or the dates were wrong.
    func tlsReason(host: String) -> String? {
        switch self as any Error {
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            "the certificate is not for \(host)"
        case _ where isUntrustedCertificate:
            "the certificate has expired, or is not issued by an authority that the gateway trusts"
        case _ where isPlainPeer: "the server does not speak TLS"
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: "the TLS handshake failed"
        default: nil
        }
    }
}
