import Credentials
import Settings
import Testing
import Text

@testable import Control

@Suite("ID tokens")
struct IDTokenTests {
    private static let now = 1_800_000_000.0
    private static let issuer = "https://login.example.com"
    private static let accessToken = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"

    private static let claims: [String: JSONValue] = [
        "iss": .string(issuer), "sub": "248289761001", "aud": "sluice", "nonce": "n-0S6_WzA2Mj",
        "exp": 1_800_000_300, "iat": 1_800_000_000,
    ]

    /// The subject of a token, if it is believed.
    private static func subject(
        _ changes: [String: JSONValue?] = [:],
        signedBy key: SigningKey,
        publishing keys: [SigningKey]? = nil,
        header: [String: JSONValue] = [:],
        allowing algorithms: Set<SingleSignOn.Algorithm> = [.rs256, .es256, .ps256, .edDSA],
        edit: (String) -> String = { $0 }
    ) async throws -> String {
        var claims = claims
        for (name, value) in changes { claims[name] = value }
        let text = edit(try key.token(.object(claims), header: header))
        let token = try UnverifiedToken(parsing: text, allowing: algorithms)
        let set = try ProviderKeys(parsing: (keys ?? [key]).published)
        let expectation = TokenExpectation(
            issuer: issuer,
            clientID: "sluice",
            nonce: "n-0S6_WzA2Mj",
            accessToken: accessToken,
            algorithm: token.algorithm
        )
        return try expectation.check(try await token.claims(signedBy: set), at: now)
    }

    @Test("A token of the provider names its subject, whatever key pair signs it")
    func valid() async throws {
        for key in [
            SigningKey.es256(), .edDSA(), try .rsa(), try .rsa(isPSS: true),
            try .rsa(alg: "RS256"), .es256(nil),
        ] {
            #expect(try await Self.subject(signedBy: key) == "248289761001", "\(key.algorithm)")
        }
    }

    @Test("No signature, a shared secret, and algorithms that are not listed are refused")
    func algorithms() async throws {
        let rsa = try SigningKey.rsa()
        await #expect(throws: TokenRefusal.algorithm("HS256")) {
            try await Self.subject(signedBy: rsa.asHMAC())
        }
        // An empty signature is not even a token.
        await #expect(throws: TokenRefusal.malformed) {
            try await Self.subject(signedBy: rsa.asNone())
        }
        for none in ["none", "None", "NONE", "nOnE"] {
            await #expect(throws: TokenRefusal.algorithm(none)) {
                try await Self.subject(signedBy: rsa, header: ["alg": .string(none)])
            }
        }
        await #expect(throws: TokenRefusal.algorithm("RS256")) {
            try await Self.subject(signedBy: rsa, allowing: [.es256])
        }
        // The key is RSA, whatever the header says.
        await #expect(throws: TokenRefusal.unknownKey) {
            try await Self.subject(signedBy: rsa, header: ["alg": "ES256"])
        }
        // A key for one algorithm is not used for another.
        await #expect(throws: TokenRefusal.unknownKey) {
            try await Self.subject(
                signedBy: try .rsa(isPSS: true, alg: "RS256"),
                header: ["alg": "PS256"]
            )
        }
    }

    @Test("A forged signature, and a subject that was swapped, are refused")
    func signature() async throws {
        let key = SigningKey.es256()
        await #expect(throws: TokenRefusal.signature) {
            try await Self.subject(signedBy: key.forged(), publishing: [key])
        }
        await #expect(throws: TokenRefusal.signature) {
            try await Self.subject(signedBy: key) { text in
                var parts = text.split(separator: ".").map { String($0) }
                var swapped = Self.claims
                swapped["sub"] = "root"
                parts[1] = Array(JSONValue.object(swapped).text.utf8).base64URL
                return parts.joined(separator: ".")
            }
        }
    }

    @Test("A key that the token brings or points to does not count")
    func foreignKeys() async throws {
        let key = SigningKey.es256()
        let forged = key.forged()
        for header: [String: JSONValue] in [
            ["jwk": forged.published], ["jku": "https://evil.example/keys"],
        ] {
            await #expect(throws: TokenRefusal.signature) {
                try await Self.subject(signedBy: forged, publishing: [key], header: header)
            }
        }
        await #expect(throws: TokenRefusal.unknownKey) {
            try await Self.subject(signedBy: .es256("other"), publishing: [key])
        }
        await #expect(throws: TokenRefusal.malformed) {
            try await Self.subject(signedBy: key, header: ["crit": ["exp"]])
        }
    }

    @Test("Without a key's id, only one key may fit")
    func withoutID() async throws {
        let key = SigningKey.es256(nil)
        let rsa = try SigningKey.rsa()
        #expect(try await Self.subject(signedBy: key, publishing: [rsa, key]) == "248289761001")
        await #expect(throws: TokenRefusal.unknownKey) {
            try await Self.subject(signedBy: key, publishing: [key, .es256("other")])
        }
    }

    @Test("Short RSA keys, and keys for encryption, check nothing")
    func weakKeys() async throws {
        await #expect(throws: TokenRefusal.unknownKey) {
            try await Self.subject(signedBy: try .rsa(bits: 1_024))
        }
        var published = SigningKey.es256().published
        if case .object(var members) = published {
            members["use"] = "enc"
            published = .object(members)
        }
        let text = JSONValue.object(["keys": [published, ["kty": "oct", "k": "c2VjcmV0"]]]).text
        #expect(try ProviderKeys(parsing: Array(text.utf8)).isEmpty)
    }

    private static let refusals: [(changes: [String: JSONValue?], refusal: TokenRefusal)] = [
        (["iss": "https://login.example.com/"], .issuer),
        (["iss": "https://evil.example"], .issuer),
        (["iss": nil], .issuer),
        (["aud": "other"], .audience),
        (["aud": nil], .audience),
        (["aud": []], .audience),
        (["aud": ["sluice", "other"]], .audience),
        (["aud": ["sluice", "other"], "azp": "other"], .audience),
        (["azp": "other"], .audience),
        (["exp": 1_799_999_940], .expired),
        (["exp": nil], .expired),
        (["exp": "1800000300"], .expired),
        (["iat": 1_800_000_061], .notYetValid),
        (["iat": nil], .notYetValid),
        (["nbf": 1_800_000_061], .notYetValid),
        (["nbf": "soon"], .notYetValid),
        (["nonce": "another"], .nonce),
        (["nonce": nil], .nonce),
        (["at_hash": "AAAAAAAAAAAAAAAAAAAAAA"], .accessToken),
        (["at_hash": 1], .accessToken),
        (["sub": nil], .subject),
        (["sub": ""], .subject),
        (["sub": 5], .subject),
        (["sub": .string(String(repeating: "x", count: 256))], .subject),
        (["sub": "a\nb"], .subject),
    ]

    @Test(
        "Each claim that is missing or wrong is a refusal of its own",
        arguments: refusals.indices
    )
    func claims(index: Int) async throws {
        let (changes, refusal) = Self.refusals[index]
        await #expect(throws: refusal) {
            try await Self.subject(changes, signedBy: .es256())
        }
    }

    @Test("Clocks may differ by a minute; several audiences need an authorized party")
    func leeway() async throws {
        let accepted: [[String: JSONValue?]] = [
            ["exp": 1_799_999_941], ["iat": 1_800_000_060], ["nbf": 1_800_000_060],
            ["aud": ["other", "sluice"], "azp": "sluice"], ["aud": ["sluice"]],
            // OpenID Connect Core §A.3, its own example.
            ["at_hash": "77QmUPtjPfzWtF2AnpK9RQ"],
        ]
        for changes in accepted {
            #expect(
                try await Self.subject(changes, signedBy: .es256()) == "248289761001",
                "\(changes)"
            )
        }
    }

    @Test("What is not three parts of base64url and two of JSON is not a token")
    func malformed() {
        for text in [
            "", ".", "..", "a.b", "a.b.c", "e30.e30.", "e30.W10.AA", "e30=.e30=.AA==",
            "e30.e30.A+/A", String(repeating: "a", count: 70_000),
        ] {
            #expect(throws: TokenRefusal.self) {
                try UnverifiedToken(parsing: text, allowing: [.es256])
            }
        }
    }
}
