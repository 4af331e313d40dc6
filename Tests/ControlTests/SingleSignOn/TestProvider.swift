import Settings
import Synchronization
import Text

@testable import Control

/// A provider in the test, which answers as it is told to.
final class TestProvider: ProviderTransport {
    static let issuer = "https://login.example.com"

    struct State: Sendable {
        var keys: [SigningKey] = [.es256()]
        /// Signs, whatever is published.
        var signer: SigningKey?
        var document: [String: JSONValue] = [
            "issuer": .string(issuer),
            "authorization_endpoint": .string("\(issuer)/authorize?tenant=1"),
            "token_endpoint": .string("\(issuer)/token"),
            "jwks_uri": .string("\(issuer)/keys"),
        ]
        var claims: [String: JSONValue] = ["sub": "248289761001", "groups": ["dba"]]
        /// Of the ID token, after all.
        var changes: [String: JSONValue?] = [:]
        /// What is not answered at all.
        var isDown = false
        /// Instead of tokens.
        var tokenAnswer: (status: Int, body: String)?
        var gets: [String] = []
        var posts: [(form: [String: String], authorization: String?)] = []
        /// Nonces by their codes, which count once.
        var codes: [String: String] = [:]
        var codeCount = 0
    }

    let state = Mutex(State())

    /// As if somebody had signed in there: what the browser brings back.
    func answer(to location: String) -> (state: String, code: String) {
        let query = location.split(separator: "?", maxSplits: 1).last ?? ""
        let parameters = Self.parameters(in: query)
        return state.withLock { state in
            state.codeCount += 1
            let code = "code-\(state.codeCount)"
            state.codes[code] = parameters["nonce"] ?? ""
            return (parameters["state"] ?? "", code)
        }
    }

    func get(_ url: String) async throws(ProviderError) -> [UInt8] {
        let (isDown, document, keys) = state.withLock { state in
            state.gets.append(url)
            return (state.isDown, state.document, state.keys)
        }
        guard !isDown else { throw .unreachable("connection refused") }
        switch url {
        case "\(Self.issuer)/.well-known/openid-configuration":
            return Array(JSONValue.object(document).text.utf8)
        case "\(Self.issuer)/keys": return keys.published
        default: throw .status(404)
        }
    }

    func post(_ form: [(name: String, value: String)], to url: String, authorization: String?)
        async throws(ProviderError) -> (status: Int, body: [UInt8])
    {
        let fields = Dictionary(form.map { ($0.name, $0.value) }) { first, _ in first }
        let (answer, signer, claims) = state.withLock { state in
            state.posts.append((fields, authorization))
            var claims = state.claims
            let nonce = fields["code"].flatMap { state.codes.removeValue(forKey: $0) }
            claims["nonce"] = nonce.map(JSONValue.string)
            claims["iss"] = .string(Self.issuer)
            claims["aud"] = "sluice"
            claims["iat"] = 1_000_000_000
            claims["exp"] = 4_000_000_000
            for (name, value) in state.changes { claims[name] = value }
            let refusal = (status: 400, body: #"{"error":"invalid_grant"}"#)
            return (
                nonce == nil ? refusal : state.tokenAnswer, state.signer ?? state.keys[0], claims
            )
        }
        if let answer { return (answer.status, Array(answer.body.utf8)) }
        // `try?`: a key that cannot sign makes no token.
        let token = (try? signer.token(.object(claims))) ?? ""
        let tokens: JSONValue = ["id_token": .string(token), "access_token": "at"]
        return (200, Array(tokens.text.utf8))
    }

    static func parameters(in query: some StringProtocol) -> [String: String] {
        let pairs = query.split(separator: "&").map { $0.split(separator: "=", maxSplits: 1) }
        return Dictionary(
            pairs.filter { $0.count == 2 }.map { (String($0[0]), $0[1].percentDecoded ?? "") }
        ) { first, _ in first }
    }
}

extension SingleSignOn {
    /// For a ``TestProvider``.
    static func sample(_ roles: [RoleRule] = [RoleRule(value: "dba", role: .administer)])
        -> SingleSignOn
    {
        guard let issuer = WebURL(TestProvider.issuer) else { preconditionFailure("a URL") }
        return SingleSignOn(name: "Company", issuer: issuer, clientID: "sluice", roles: roles)
    }
}

/// A clock that a test moves.
final class TestClock: Sendable {
    private let time = Mutex(1_000.0)

    var now: Double { time.withLock { $0 } }

    func advance(by seconds: Double) { time.withLock { $0 += seconds } }
}
