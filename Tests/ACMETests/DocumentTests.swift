import SeededRandom
import Settings
import Testing
import Text

@testable import ACME

@Suite("Documents of an authority")
struct DocumentTests {
    /// The examples of RFC 8555 §7.1, shortened.
    static let directory = """
        {"newNonce":"https://example.com/acme/new-nonce",
        "newAccount":"https://example.com/acme/new-account",
        "newOrder":"https://example.com/acme/new-order",
        "meta":{"termsOfService":"https://example.com/acme/terms/2017-5-30",
        "externalAccountRequired":true}}
        """
    static let order = """
        {"status":"valid","expires":"2016-01-20T14:09:07.99Z",
        "identifiers":[{"type":"dns","value":"www.example.org"},{"type":"dns","value":"Example.org"}],
        "authorizations":["https://example.com/acme/authz/PAniVnsZcis",
        "https://example.com/acme/authz/r4HqLzrSrpI"],
        "finalize":"https://example.com/acme/order/TOlocE8rfgo/finalize",
        "certificate":"https://example.com/acme/cert/mAt3xBGaobw"}
        """
    static let authorization = """
        {"status":"pending","identifier":{"type":"dns","value":"www.example.org"},
        "challenges":[{"url":"https://example.com/acme/chall/prV_B7yEyA4","type":"http-01",
        "status":"pending","token":"DGyRejmCefe7v4NfDGDKfA"},
        {"url":"https://example.com/acme/chall/2","type":"dns-01","status":"invalid","token":"a",
        "error":{"type":"urn:ietf:params:acme:error:dns","detail":"NXDOMAIN"}},
        {"url":"https://example.com/acme/chall/3","type":"future-01","status":"pending"}]}
        """

    private func parsed(order text: String) throws -> OrderDocument {
        try OrderDocument(parsing: Array(text.utf8), isSecure: true)
    }

    private func parsed(authorization text: String) throws -> AuthorizationDocument {
        try AuthorizationDocument(parsing: Array(text.utf8), isSecure: true)
    }

    @Test("A directory is where requests go")
    func directories() throws {
        let bytes = Array(Self.directory.utf8)
        let directory = try DirectoryDocument(parsing: bytes, isSecure: true)
        #expect(directory.newOrder.text == "https://example.com/acme/new-order")
        #expect(directory.needsExternalAccount)
        #expect(directory.termsOfService == "https://example.com/acme/terms/2017-5-30")
    }

    @Test("An authority with TLS does not name addresses without it; one on loopback may")
    func security() throws {
        let text = Self.directory.replacing("https://example.com", with: "http://127.0.0.1:1")
        let bytes = Array(text.utf8)
        #expect(throws: ACMEError.self) { try DirectoryDocument(parsing: bytes, isSecure: true) }
        _ = try DirectoryDocument(parsing: bytes, isSecure: false)
        let elsewhere = Array(text.replacing("127.0.0.1", with: "10.0.0.1").utf8)
        #expect(throws: ACMEError.self) {
            try DirectoryDocument(parsing: elsewhere, isSecure: false)
        }
    }

    @Test("An order's status decides what comes next")
    func orders() throws {
        let order = try parsed(order: Self.order)
        #expect(order.names == ["www.example.org", "example.org"])
        let certificate = try #require(order.certificate)
        #expect(try order.step == .download(certificate))
        func step(_ status: String) throws -> OrderStep {
            try parsed(order: Self.order.replacing("\"valid\"", with: "\"\(status)\"")).step
        }
        #expect(try step("pending") == .authorize(order.authorizations))
        #expect(try step("ready") == .finalize(order.finalize))
        #expect(try step("processing") == .wait)
        #expect(try step("invalid") == .abandon(nil))
        #expect(throws: ACMEError.invalid("order: unknown status \"new\"")) { try step("new") }
        let without = try parsed(order: Self.order.replacing("\"certificate\"", with: "\"other\""))
        #expect(throws: ACMEError.self) { try without.step }
    }

    @Test("The wanted challenge is answered, whatever else is offered")
    func challenges() throws {
        let document = try parsed(authorization: Self.authorization)
        let url = try #require(WebURL("https://example.com/acme/chall/prV_B7yEyA4"))
        let token = "DGyRejmCefe7v4NfDGDKfA"
        #expect(try document.step(by: .http) == .answer(url: url, token: token))
        #expect(throws: ACMEError.self) { try document.step(by: .dns) }
        #expect(
            throws: ACMEError.noChallenge(
                .tlsALPN,
                name: "www.example.org",
                offered: ["http-01", "dns-01", "future-01"]
            )
        ) { try document.step(by: .tlsALPN) }
    }

    @Test("After a restart, an answer that the authority is looking for is still known")
    func processing() throws {
        let text = Self.authorization.replacing(
            "\"status\":\"pending\",\"token\"",
            with: "\"status\":\"processing\",\"token\""
        )
        let document = try parsed(authorization: text)
        #expect(try document.step(by: .http) == .wait(token: "DGyRejmCefe7v4NfDGDKfA"))
    }

    @Test(
        "Tokens that are not in the base64url alphabet are refused",
        arguments: ["../etc/passwd", "a/b", "", "a b", "é", "a\\u0000b", "a="]
    )
    func tokens(token: String) throws {
        let text = Self.authorization.replacing("DGyRejmCefe7v4NfDGDKfA", with: token)
        let document = try parsed(authorization: text)
        #expect(throws: ACMEError.invalid("challenge: no valid token")) {
            try document.step(by: .http)
        }
    }

    @Test("A failed authorization has the reason of its challenge")
    func failure() throws {
        let text = Self.authorization.replacing(
            "{\"status\":\"pending\",\"identifier\"",
            with: "{\"status\":\"invalid\",\"wildcard\":true,\"identifier\""
        )
        let document = try parsed(authorization: text)
        #expect(document.certificateName == "*.www.example.org")
        do throws(ACMEError) {
            _ = try document.step(by: .dns)
            Issue.record("no error")
        } catch {
            #expect(
                "\(error)" == "the authority could not verify *.www.example.org: dns: NXDOMAIN"
            )
        }
    }

    @Test("A problem shows its subproblems, cut and harmless")
    func problems() throws {
        let json = try JSONValue(
            parsing: Array(
                """
                {"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"some\\u001b[2J names",
                "subproblems":[{"type":"urn:ietf:params:acme:error:caa","detail":"forbidden",
                "identifier":{"type":"dns","value":"a.example"}},{"type":"about:blank"}]}
                """.utf8
            )
        )
        let problem = try #require(ACMEProblem(json))
        #expect(
            "\(problem)"
                == "rejectedIdentifier: some [2J names (a.example: caa: forbidden; about:blank)"
        )
        let long = ACMEProblem(["detail": .string(String(repeating: "x", count: 10_000))])
        #expect(long?.detail.utf8.count ?? 0 < 400)
        #expect(ACMEProblem("text") == nil)
    }

    @Test("No document crashes, however it is damaged")
    func damage() {
        var random = SeededGenerator(seed: 19)
        for text in [Self.directory, Self.order, Self.authorization] {
            for _ in 0..<2_000 {
                var bytes = Array(text.utf8)
                for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                    let index = Int.random(in: bytes.indices, using: &random)
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &random)
                    case 1: bytes.remove(at: index)
                    default: bytes.removeLast(bytes.count - index - 1)
                    }
                }
                // `try?`: errors are expected.
                _ = try? DirectoryDocument(parsing: bytes, isSecure: true)
                _ = try? OrderDocument(parsing: bytes, isSecure: true).step
                _ = try? AuthorizationDocument(parsing: bytes, isSecure: true).step(by: .http)
                _ = (try? JSONValue(parsing: bytes)).flatMap(ACMEProblem.init)
            }
        }
    }
}
