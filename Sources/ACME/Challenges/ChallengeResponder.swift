/// An answer to a challenge, to be found by the authority.
package enum PublishedChallenge: Hashable, Sendable {
    /// `GET /.well-known/acme-challenge/<token>` on port 80, for any of the names, is answered with
    /// `keyAuthorization` as the whole body (RFC 8555 §8.3).
    case http(token: String, keyAuthorization: String)
    /// A client on port 443 that offers the protocol `acme-tls/1` alone and asks for `name` is shown
    /// this certificate, with that protocol, and no other (RFC 8737 §3).
    case tlsALPN(name: String, certificatePEM: String, keyPEM: String)
    /// `value` is among the TXT records of `name`, which begins with `_acme-challenge.`. A name may
    /// have several at a time: a certificate for `*.a.example` and `a.example` needs two (RFC 8555
    /// §8.4).
    case dns(name: String, value: String)
}

/// Shows answers to authorities: the listeners, the DNS responder.
package protocol ChallengeResponder: Sendable {
    /// Returns once every authority will find the answer.
    func publish(_ challenge: PublishedChallenge) async throws
    /// Ends what was published. Also called for what could not be.
    func withdraw(_ challenge: PublishedChallenge) async
}
