import Settings
import Synchronization
import Testing
import Text

@testable import Control

@Suite("What a provider publishes")
struct ProviderTests {
    private let test = TestProvider()
    private let clock = TestClock()

    private func provider(_ settings: SingleSignOn = .sample()) -> Provider {
        Provider(settings, test, clock: { [clock] in clock.now })
    }

    private var gets: [String] { test.state.withLock { $0.gets } }

    @Test("A document of another issuer is refused, however alike")
    func otherIssuer() async throws {
        for issuer: JSONValue in [
            "https://login.example.com/", "https://LOGIN.example.com", "http://login.example.com",
            "https://evil.example", 5, .null,
        ] {
            test.state.withLock { $0.document["issuer"] = issuer }
            clock.advance(by: 60)
            await #expect(throws: ProviderError.otherIssuer(found: issuer.string)) {
                try await provider().document()
            }
        }
    }

    @Test(
        "Endpoints without TLS, and such as are no URLs, are refused",
        arguments: [
            "http://login.example.com/x", "http://127.0.0.1/x", "ftp://login.example.com/x",
            "//login.example.com/x", "https://", "https://user:pass@login.example.com/x",
            "https://login.example.com/x#y", "https://login.example.com/ x", "",
        ],
        ["authorization_endpoint", "token_endpoint", "jwks_uri"]
    )
    func endpoints(url: String, key: String) throws {
        var document = test.state.withLock { $0.document }
        document[key] = .string(url)
        let issuer = try #require(WebURL(TestProvider.issuer))
        #expect(throws: ProviderError.self) {
            try ProviderDocument(
                parsing: Array(JSONValue.object(document).text.utf8),
                of: issuer
            )
        }
    }

    @Test("The document's address keeps the path of the issuer")
    func address() throws {
        for (issuer, address) in [
            ("https://a.example", "https://a.example/.well-known/openid-configuration"),
            ("https://a.example/", "https://a.example/.well-known/openid-configuration"),
            (
                "https://a.example/realms/x",
                "https://a.example/realms/x/.well-known/openid-configuration"
            ),
        ] {
            let url = try #require(WebURL(issuer))
            #expect(ProviderDocument.address(of: url) == address)
        }
    }

    @Test("Document and keys are fetched once an hour")
    func cached() async throws {
        let provider = provider()
        for _ in 0..<5 {
            _ = try await provider.document()
            #expect(try await provider.keys(for: "ec").has(id: "ec"))
        }
        #expect(gets.count == 2)
        clock.advance(by: 3_601)
        _ = try await provider.keys(for: "ec")
        #expect(gets.count == 4)
    }

    @Test("A flood of unknown keys asks the provider once a minute; new keys are found")
    func unknownKeys() async throws {
        let provider = provider()
        _ = try await provider.keys(for: "ec")
        clock.advance(by: 60)
        for index in 0..<100 { _ = try await provider.keys(for: "made-up-\(index)") }
        #expect(gets.filter { $0.hasSuffix("/keys") }.count == 2)
        test.state.withLock { $0.keys = [.es256("new")] }
        #expect(try await provider.keys(for: "new").has(id: "new") == false)
        clock.advance(by: 60)
        #expect(try await provider.keys(for: "new").has(id: "new"))
    }

    @Test("Keys that were no use are fetched again once a minute, too")
    func newKeyWithoutID() async throws {
        let provider = provider()
        let old = try await provider.keys(for: nil)
        test.state.withLock { $0.keys = [.es256(nil)] }
        for _ in 0..<10 { #expect(try await provider.keys(for: nil, unlike: old) == old) }
        clock.advance(by: 60)
        #expect(try await provider.keys(for: nil, unlike: old) != old)
        #expect(gets.filter { $0.hasSuffix("/keys") }.count == 2)
    }

    @Test("Many that wait for the provider ask it once")
    func together() async throws {
        let provider = provider()
        try await withThrowingTaskGroup { group in
            for _ in 0..<50 {
                group.addTask { _ = try await provider.keys(for: "ec") }
            }
            try await group.waitForAll()
        }
        #expect(gets.count == 2)
    }

    @Test("While the provider is down, old keys are used for a day, and it is asked now and then")
    func down() async throws {
        let provider = provider()
        _ = try await provider.keys(for: "ec")
        test.state.withLock { $0.isDown = true }
        clock.advance(by: 4_000)
        for _ in 0..<10 { #expect(try await provider.keys(for: "ec").has(id: "ec")) }
        #expect(gets.count == 4)
        clock.advance(by: 24 * 3_600)
        await #expect(throws: ProviderError.self) { try await provider.keys(for: "ec") }
        await #expect(
            throws: ProviderError.failedBefore(
                "cannot reach the provider: connection"
                    + " refused"
            )
        ) { try await provider.document() }
        test.state.withLock { $0.isDown = false }
        clock.advance(by: 5)
        #expect(try await provider.keys(for: "ec").has(id: "ec"))
    }

    @Test("Too many keys, and what is not JSON, are refused")
    func hostileKeys() {
        let many = JSONValue.object(["keys": .array(Array(repeating: [:], count: 101))])
        for text in [many.text, "{}", "[]", "nonsense", String(repeating: "[", count: 10_000)] {
            #expect(throws: ProviderError.self) { try ProviderKeys(parsing: Array(text.utf8)) }
        }
    }

    @Test("A client's secret goes into the Authorization field, or into the body if it must")
    func clientSecret() async throws {
        for (methods, isBasic): (JSONValue?, Bool) in [
            (nil, true), (["client_secret_basic", "client_secret_post"], true),
            (["client_secret_post"], false),
        ] {
            test.state.withLock { $0.document["token_endpoint_auth_methods_supported"] = methods }
            let code = test.answer(to: "x?state=s&nonce=n").code
            _ = try await provider().exchange(
                code: code,
                verifier: "v",
                redirectingTo: "https://gateway.example.com/v1/sso/callback",
                secret: "a:b c"
            )
            let post = try #require(test.state.withLock { $0.posts.last })
            #expect(post.form["code_verifier"] == "v")
            // sluice:a%3Ab%20c
            #expect(post.authorization == (isBasic ? "Basic c2x1aWNlOmElM0FiJTIwYw==" : nil))
            #expect(post.form["client_secret"] == (isBasic ? nil : "a:b c"))
            #expect(post.form["client_id"] == (isBasic ? nil : "sluice"))
        }
    }

    @Test("Answers without an ID token are refused, and foreign text is not passed on")
    func tokenAnswers() async throws {
        for (status, body, error): (Int, String, ProviderError) in [
            (400, #"{"error":"invalid_client"}"#, .refused("invalid_client")),
            (400, #"{"error":"<b>x</b>"}"#, .status(400)), (500, "oops", .status(500)),
            (302, "", .status(302)), (200, "oops", .invalid("its tokens are not JSON")),
        ] {
            test.state.withLock { $0.tokenAnswer = (status, body) }
            let code = test.answer(to: "x?state=s&nonce=n").code
            await #expect(throws: error) {
                _ = try await provider().exchange(
                    code: code,
                    verifier: "v",
                    redirectingTo: "",
                    secret: nil
                )
            }
        }
    }
}
