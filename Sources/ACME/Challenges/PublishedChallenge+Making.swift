import Credentials
import Settings
import Time

extension PublishedChallenge {
    /// The answer to a challenge.
    ///
    /// - Parameters:
    ///   - kind: of the challenge.
    ///   - name: that is to be proved, without `*`.
    ///   - token: of the challenge.
    init(
        _ kind: ACMESettings.Challenge,
        for name: String,
        token: String,
        key: AccountKey,
        now: UnixTime
    ) throws(ACMEError) {
        let authorization = key.keyAuthorization(of: token)
        let digest = Digest.sha256(authorization.utf8)
        switch kind {
        case .http: self = .http(token: token, keyAuthorization: authorization)
        case .dns: self = .dns(name: "_acme-challenge.\(name)", value: digest.base64URL)
        case .tlsALPN:
            let pair = try ChallengeCertificate(name: name, digest: digest, now: now)
            self = .tlsALPN(name: name, certificatePEM: pair.pem, keyPEM: pair.keyPEM)
        }
    }
}
