import Settings
import Text

/// The authority's view of whether a name is the gateway's (RFC 8555 §7.1.4).
struct AuthorizationDocument: Hashable, Sendable {
    enum Status: String, Hashable, Sendable {
        case pending, valid, invalid, deactivated, expired, revoked
    }

    let status: Status
    /// Without `*`.
    let name: String
    let isWildcard: Bool
    let challenges: [ChallengeDocument]

    private static let limit = 20

    init(parsing bytes: [UInt8], isSecure: Bool) throws(ACMEError) {
        let document = try ACMEDocument("authorization", parsing: bytes, isSecure: isSecure)
        status = try document.status()
        guard document.json["identifier"]?["type"]?.string == "dns",
            let name = document.json["identifier"]?["value"]?.string
        else { throw .invalid("authorization: not for a name") }
        self.name = name.lowercased()
        isWildcard = document.json["wildcard"] == true
        var challenges: [ChallengeDocument] = []
        for json in try document.list("challenges", limit: Self.limit) {
            let challenge = ACMEDocument("challenge", json, isSecure: isSecure)
            challenges.append(try ChallengeDocument(challenge))
        }
        self.challenges = challenges
    }

    /// As the certificate has it.
    var certificateName: String { isWildcard ? "*.\(name)" : name }
}

/// One way to prove that a name is the gateway's (RFC 8555 §8).
struct ChallengeDocument: Hashable, Sendable {
    enum Status: String, Hashable, Sendable {
        case pending, processing, valid, invalid
    }

    /// `http-01`; other types than the gateway's are possible.
    let type: String
    let url: WebURL
    let status: Status
    /// `nil` if it has none, or one that may not be in a URL's path.
    let token: String?
    let problem: ACMEProblem?

    init(_ document: ACMEDocument) throws(ACMEError) {
        type = try document.text("type")
        url = try document.url("url")
        status = try document.status()
        token = document.json["token"]?.string.flatMap { $0.isChallengeToken ? $0 : nil }
        problem = document.json["error"].flatMap(ACMEProblem.init)
    }
}

extension String {
    /// Whether only the base64url alphabet is in it (RFC 8555 §8.3): a responder may make a path of
    /// it.
    var isChallengeToken: Bool {
        (1...256).contains(utf8.count)
            && utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

/// What comes next for an authorization.
enum AuthorizationStep: Hashable, Sendable {
    case done
    /// Publish the answer, then report it at `url`.
    case answer(url: WebURL, token: String)
    /// The authority is looking: the answer with this token must be there.
    case wait(token: String?)
}

extension AuthorizationDocument {
    /// - Throws: if it has failed, or does not offer the wanted challenge.
    func step(by wanted: ACMESettings.Challenge) throws(ACMEError) -> AuthorizationStep {
        let challenge = challenges.first { $0.type == wanted.rawValue }
        switch status {
        case .valid: return .done
        case .invalid, .deactivated, .expired, .revoked:
            let problem = challenge?.problem ?? challenges.lazy.compactMap(\.problem).first
            throw .notAuthorized(name: certificateName, status: status.rawValue, problem)
        case .pending: break
        }
        guard let challenge else {
            throw .noChallenge(wanted, name: certificateName, offered: challenges.map(\.type))
        }
        switch challenge.status {
        case .pending:
            guard let token = challenge.token else { throw .invalid("challenge: no valid token") }
            return .answer(url: challenge.url, token: token)
        // The authorization follows.
        case .processing, .valid: return .wait(token: challenge.token)
        case .invalid:
            throw .notAuthorized(name: certificateName, status: "invalid", challenge.problem)
        }
    }
}
