package import Settings
import Text
package import Time

/// Why a certificate cannot be obtained now.
package enum ACMEError: Error, Hashable {
    /// The network or the directory's TLS.
    case unreachable(String)
    /// The authority sends more than it should.
    case tooLarge
    /// It sends the gateway elsewhere, which ACME has no use for (RFC 8555 §6.2: the URL is signed).
    case redirected
    /// It fails without a problem document.
    case status(Int, retryAt: UnixTime?)
    /// It refuses something.
    case refused(ACMEProblem, retryAt: UnixTime?)
    /// What it sends is not what the protocol demands.
    case invalid(String)
    /// Only an account there may have certificates, and none is configured.
    case needsExternalAccount
    case noChallenge(ACMESettings.Challenge, name: String, offered: [String])
    /// It is not convinced that the name is the gateway's.
    case notAuthorized(name: String, status: String, ACMEProblem?)
    case orderFailed(ACMEProblem?)
    case timedOut(waitingFor: String)
    /// The gateway is stopping.
    case cancelled
    /// It has issued something else than was ordered.
    case unusable(String)
    /// The gateway itself cannot publish an answer.
    case cannotPublish(String)
    /// The gateway's own files.
    case file(path: String, reason: String)
    /// A file of the operator's.
    case externalKey(path: String, reason: String)
}

extension ACMEError {
    /// When the authority accepts requests again, if it has said so (RFC 9110 §10.2.3).
    package var retryAt: UnixTime? {
        switch self {
        case .status(_, let time), .refused(_, let time): time
        default: nil
        }
    }

    /// Whether the authority has had enough for now (RFC 8555 §6.6).
    package var isRateLimit: Bool {
        switch self {
        case .refused(let problem, _): problem.type == "rateLimited"
        case .status(let status, _): status == 429
        default: false
        }
    }

    /// Whether every certificate would fail in the same way, so that there is no use in trying.
    package var isShared: Bool {
        switch self {
        case .unreachable, .needsExternalAccount, .externalKey: true
        case .status(let status, _): status == 429 || status >= 500
        default: isRateLimit
        }
    }
}

extension ACMEError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreachable(let reason): "cannot reach the authority: \(reason)"
        case .tooLarge: "the authority's answer is too large"
        case .redirected:
            "the authority redirects to another URL (is tls.acme.directoryURL that of the directory?)"
        case .status(let status, _): "the authority answered with status \(status)"
        case .refused(let problem, _): "the authority refused: \(problem)"
        case .invalid(let what): "the authority's answer is invalid: \(what)"
        case .needsExternalAccount:
            "the authority needs an account there (set tls.acme.externalAccount)"
        case .noChallenge(let wanted, let name, let offered):
            "the authority does not offer \(wanted.rawValue) for \(name) (set challenge to one of:"
                + " \(Self.list(offered)))"
        case .notAuthorized(let name, let status, let problem):
            "the authority could not verify \(name): \(problem?.description ?? status)"
        case .orderFailed(let problem):
            "the authority has given up the order" + (problem.map { ": \($0)" } ?? "")
        case .timedOut(let what): "\(what) took too long"
        case .cancelled: "the gateway is stopping"
        case .unusable(let reason): "the certificate is unusable: \(reason)"
        case .cannotPublish(let reason): "cannot publish the answer to a challenge: \(reason)"
        case .file(let path, let reason): "cannot use \(path): \(reason)"
        case .externalKey(let path, let reason):
            "cannot use the key of tls.acme.externalAccount, \(path): \(reason)"
        }
    }

    private static func list(_ offered: [String]) -> String {
        let known = ACMESettings.Challenge.allCases.map(\.rawValue).filter(offered.contains)
        return known.isEmpty ? "none" : known.joined(separator: ", ")
    }
}
