package import Time

/// A certificate that the gateway obtains and renews by ACME, as `/v1/certificates`, `/metrics`, notices
/// and `sluice cert` show it. There is no secret in it.
package struct ManagedCertificate: Hashable, Sendable, Codable {
    package enum State: String, Hashable, Sendable, CaseIterable, Codable {
        /// There is none yet.
        case pending
        case valid
        /// There is one, and its renewal has failed. It is used as long as it lasts.
        case renewalFailing
        /// There is none, and the attempts to get one have failed.
        case failing
        /// There is one that clients refuse.
        case expired
    }

    /// As configured; the first is what it is called by.
    package var names: [String]
    /// `http-01`, `tls-alpn-01` or `dns-01`.
    package var challenge: String
    package var state: State
    /// `SHA256:AB:CD:…`, of its DER form; `nil` without one.
    package var fingerprint: String?
    package var expiresAt: UnixTime?
    /// When the next one is ordered; `nil` without one.
    package var renewsAt: UnixTime?
    /// Whether an order at the authority has not ended.
    package var isOrdered = false
    /// When the gateway tries to get one, or another one; `nil` for now.
    package var nextAttemptAt: UnixTime?
    /// Attempts in a row that have failed.
    package var failures: Int
    /// Why the last attempt has failed; `nil` if it has not.
    package var lastError: String?
    package var lastErrorAt: UnixTime?
    /// What can be done about it; `nil` if nothing is known to help, or the error says it.
    package var remedy: String?

    package init(names: [String], challenge: String, state: State, failures: Int = 0) {
        self.names = names
        self.challenge = challenge
        self.state = state
        self.failures = failures
    }

    /// What it is called by in sentences.
    package var name: String { names.first ?? "" }
}
