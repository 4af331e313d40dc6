import Addresses
import Operations
import Settings
import Store
import Synchronization
import Testing
import Text
import Time

@testable import Control

@Suite("Signing in at a provider")
struct SingleSignOnRouteTests {
    /// A gateway with a provider, and a browser for it.
    private struct Site: Sendable {
        let stored: StoredGateway
        let provider = TestProvider()
        let clock = TestClock()
        let metrics = ManagementMetrics()
        var topology = Topology.sample
        var isSecure = false

        init(_ roles: [SingleSignOn.RoleRule] = [.init(value: "dba", role: .administer)]) throws {
            stored = try StoredGateway()
            topology.management.url = WebURL("http://127.0.0.1:7080")
            topology.management.singleSignOn = .sample(roles)
        }

        func run(_ test: @escaping @Sendable (Browser) async throws -> Void) async throws {
            let signIn = SignIn(stored.writer, PasswordWork(), metrics)
            var routes = ManagementRoutes(
                gateway: FixedGateway(topology: topology) { [stored] in stored.gateway.policy },
                writer: stored.writer,
                access: .credentials { [stored] in stored.store }
            )
            routes.isSecure = isSecure
            routes.signIn = signIn
            routes.singleSignOn = SingleSignOnLogin(
                signIn,
                stored.writer,
                metrics,
                transport: { [provider] _ in provider },
                clock: { [clock] in clock.now }
            )
            try await ServedManagement.run(routes) { server in
                try await test(Browser(server: server, provider: provider))
            }
        }

        var accounts: [Account] { Array(stored.store.accounts.accounts.values) }

        func acts(_ action: String) throws -> Int {
            try stored.store.audit(after: 0, matching: AuditFilter(), limit: .max)
                .count { $0.record.action == action }
        }
    }

    private struct Browser: Sendable {
        let server: ServedManagement
        let provider: TestProvider

        /// Begins a login: where the browser is sent, and its cookie.
        func start(_ query: String = "") async throws -> (location: String, cookie: String) {
            let answer = try await server.get("/v1/sso/start" + query)
            #expect(answer.status == 302, "\(answer.body)")
            let cookie = answer.cookies.first?.split(separator: ";").first
            return (answer.headers["location"] ?? "", cookie.map { String($0) } ?? "")
        }

        func end(_ query: String, cookie: String?) async throws -> HTTPAnswer {
            try await server.ask(
                "GET",
                "/v1/sso/callback?" + query,
                headers: cookie.map { ["Cookie: \($0)"] } ?? []
            )
        }

        /// A whole login that succeeds.
        func expectSignIn(at location: SourceLocation = #_sourceLocation) async throws {
            let answer = try await signIn()
            #expect(answer.status == 200, "\(answer.body)", sourceLocation: location)
        }

        /// A whole login.
        func signIn(_ query: String = "") async throws -> HTTPAnswer {
            let (location, cookie) = try await start(query)
            let (state, code) = provider.answer(to: location)
            return try await end("code=\(code)&state=\(state)", cookie: cookie)
        }
    }

    @Test("A browser is sent to the provider with PKCE, state and nonce, and has a cookie")
    func start() async throws {
        let site = try Site()
        try await site.run { browser in
            let answer = try await browser.server.get("/v1/sso/start")
            let location = try #require(answer.headers["location"])
            #expect(location.hasPrefix("https://login.example.com/authorize?tenant=1&"))
            let sent = TestProvider.parameters(in: location.split(separator: "?")[1])
            #expect(sent["response_type"] == "code" && sent["client_id"] == "sluice")
            #expect(sent["scope"] == "openid profile" && sent["code_challenge_method"] == "S256")
            #expect(sent["redirect_uri"] == "http://127.0.0.1:7080/v1/sso/callback")
            #expect(["state", "nonce", "code_challenge"].allSatisfy { sent[$0]?.count == 43 })
            let cookie = try #require(answer.cookies.first)
            #expect(cookie.hasPrefix("sluice-sso="))
            #expect(
                cookie.hasSuffix(
                    "; Path=/v1/sso/callback; HttpOnly; SameSite=Lax; Max-Age=600"
                )
            )
        }
    }

    @Test("Over HTTPS, both cookies can be set by no other host")
    func secureCookies() async throws {
        var site = try Site()
        site.isSecure = true
        try await site.run { browser in
            let cookie = try await browser.server.get("/v1/sso/start").cookies[0]
            #expect(cookie.hasPrefix("__Host-sluice-sso="))
            #expect(cookie.hasSuffix("; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=600"))
            let cookies = try await browser.signIn().cookies
            #expect(cookies.count == 2 && cookies[0].hasPrefix("__Host-sluice=ss-"))
            #expect(
                cookies[1].hasPrefix("__Host-sluice-sso=;") && cookies[1].hasSuffix("Max-Age=0")
            )
        }
    }

    @Test("Whoever comes back has an account and a session, and goes on by a page of the gateway")
    func signIn() async throws {
        let site = try Site()
        site.provider.state.withLock { $0.claims["preferred_username"] = "ada" }
        try await site.run { browser in
            let answer = try await browser.signIn("?return=/warehouses%3Fa%3Db%26c")
            #expect(answer.status == 200, "\(answer.body)")
            #expect(answer.body.contains(#"content="0; url=/warehouses?a=b&amp;c""#))
            #expect(answer.headers["referrer-policy"] == "no-referrer")
            #expect(answer.headers["cache-control"] == "no-store")
            let session = try #require(answer.cookies.first)
            #expect(session.contains("; SameSite=Strict") && session.hasPrefix("sluice=ss-"))
            let cookie = String(session.prefix { $0 != ";" })
            let api = APIClient(server: browser.server)
            let me = try await api.send("GET", "/v1/me", headers: ["Cookie: \(cookie)"])
            #expect(me.data["name"] == "ada" && me.data["role"] == "administer", "\(me.text)")
            // What the provider decides is changed until the next login only.
            let id = try #require(me.data["accountId"]?.string)
            for (body, isWarned) in [(["role": "read"], true), (["enabled": true], false)]
                as [(JSONValue, Bool)]
            {
                let change = try await api.send(
                    "PATCH",
                    "/v1/accounts/\(id)?dryRun=true",
                    body,
                    headers: ["Cookie: \(cookie)", "Sec-Fetch-Site: same-origin"]
                )
                let warnings = change.data["effect"]?["warnings"]?.array ?? []
                #expect(change.text.contains("at the next login") == isWarned, "\(change.text)")
                #expect(warnings.isEmpty != isWarned, "\(change.text)")
            }
            let post = try #require(browser.provider.state.withLock { $0.posts.first })
            let redirect = post.form["redirect_uri"]
            #expect(redirect == "http://127.0.0.1:7080/v1/sso/callback")
            #expect(post.form["code_verifier"]?.count == 43)
        }
        let account = try #require(site.accounts.first)
        let subject = "248289761001"
        #expect(account.origin == .provider(issuer: TestProvider.issuer, subject: subject))
        #expect(try site.acts("account.create") == 1)
        #expect(try site.acts("account.login") == 1)
    }

    @Test("A person is who issuer and subject say, whatever their name and email")
    func identity() async throws {
        let site = try Site()
        try await site.run { browser in
            for (subject, name) in [("a", "ada"), ("b", "ada"), ("a", "ada@example.com")] {
                browser.provider.state.withLock { state in
                    state.claims["sub"] = .string(subject)
                    state.claims["preferred_username"] = .string(name)
                    state.claims["email"] = "ada@example.com"
                }
                try await browser.expectSignIn()
            }
        }
        #expect(site.accounts.map(\.name).sorted() == ["ada", "ada@example.com"])
    }

    @Test("Roles and warehouses follow the claims at each login, and the audit has the change")
    func roles() async throws {
        let site = try Site([
            .init(value: "dba", role: .administer),
            .init(value: "analysts", role: .read, warehouses: ["W1"]),
        ])
        try await site.run { browser in
            try await browser.expectSignIn()
            browser.provider.state.withLock { $0.claims["groups"] = ["analysts"] }
            try await browser.expectSignIn()
            try await browser.expectSignIn()
        }
        let account = try #require(site.accounts.first)
        #expect(account.role == .read && account.warehouses == ["W1"])
        #expect(try site.acts("account.change") == 1)
        #expect(try site.acts("account.login") == 3)
    }

    @Test("Whoever has no role any longer is refused, and keeps no session")
    func noRole() async throws {
        let site = try Site()
        try await site.run { browser in
            let session = try await browser.signIn().cookies[0].prefix { $0 != ";" }
            browser.provider.state.withLock { $0.claims["groups"] = ["others"] }
            let answer = try await browser.signIn()
            #expect(answer.status == 403 && answer.cookies.isEmpty)
            #expect(answer.body.contains("none of your groups gives you access"))
            let me = try await browser.server.ask(
                "GET",
                "/v1/me",
                headers: ["Cookie: \(session)"]
            )
            #expect(me.status == 401)
            // Refusals by the dozen leave one record.
            for _ in 0..<10 { _ = try await browser.signIn() }
        }
        #expect(try site.acts("account.login.fail") <= 1)
        #expect(site.metrics.status.refusedCredentials["ssoRole"] ?? 0 >= 1)
    }

    @Test("A disabled account stays refused, and is not changed")
    func disabled() async throws {
        let site = try Site()
        try await site.run { browser in
            try await browser.expectSignIn()
            let id = try #require(site.accounts.first?.id)
            _ = try site.stored.store.write(by: .gateway, at: .systemTime) { transaction in
                try transaction.changeAccount(id) { $0.isEnabled = false }
            }
            let answer = try await browser.signIn()
            #expect(answer.status == 403 && answer.body.contains("is disabled"))
            #expect(answer.cookies.isEmpty)
        }
        #expect(site.accounts.map(\.isEnabled) == [false])
    }

    @Test("A state or code that comes a second time, or in another browser, opens nothing")
    func replay() async throws {
        let site = try Site()
        try await site.run { browser in
            let (location, cookie) = try await browser.start()
            let (state, code) = browser.provider.answer(to: location)
            let query = "code=\(code)&state=\(state)"
            let (other, otherCookie) = try await browser.start()
            for wrong in [otherCookie, nil, "sluice-sso=", "\(cookie); \(cookie)"] {
                let answer = try await browser.end(query, cookie: wrong)
                #expect(answer.status == 400 && answer.cookies.isEmpty)
            }
            #expect(try await browser.end(query, cookie: cookie).status == 200)
            #expect(try await browser.end(query, cookie: cookie).status == 400)
            // The code with a state that is still good.
            let otherState = browser.provider.answer(to: other).state
            let replayed = try await browser.end(
                "code=\(code)&state=\(otherState)",
                cookie: otherCookie
            )
            #expect(replayed.status == 403 && replayed.body.contains("invalid_grant"))
            for query in ["", "state=\(state)", "code=\(code)", "state=a&state=b&code=c"] {
                #expect(try await browser.end(query, cookie: cookie).status == 400, "\(query)")
            }
        }
        #expect(try site.acts("account.login") == 1)
    }

    @Test("Answers that cannot be believed open nothing, and are counted")
    func attacks() async throws {
        let attacks: [@Sendable (inout TestProvider.State) throws -> Void] = [
            { $0.signer = $0.keys[0].asHMAC() }, { $0.signer = $0.keys[0].asNone() },
            { $0.signer = $0.keys[0].forged() }, { $0.signer = .es256("unknown") },
            { $0.changes["iss"] = "https://evil.example" }, { $0.changes["aud"] = "other" },
            { $0.changes["exp"] = 1_000_000_000 }, { $0.changes["iat"] = 3_900_000_000 },
            { $0.changes["nonce"] = "another" }, { $0.changes["nonce"] = .some(nil) },
        ]
        for attack in attacks {
            let site = try Site()
            try site.provider.state.withLock { try attack(&$0) }
            try await site.run { browser in
                let answer = try await browser.signIn()
                #expect(answer.status == 403 && answer.cookies.isEmpty)
                #expect(answer.body.contains("The provider&#39;s answer is not valid"))
            }
            #expect(site.accounts.isEmpty)
            #expect(site.metrics.status.refusedCredentials == ["ssoToken": 1])
        }
    }

    @Test("An answer in another provider's name is refused (RFC 9207)")
    func otherIssuer() async throws {
        let site = try Site()
        try await site.run { browser in
            for (issuer, status) in [("https://evil.example", 400), (TestProvider.issuer, 200)] {
                let (location, cookie) = try await browser.start()
                let (state, code) = browser.provider.answer(to: location)
                let query = "code=\(code)&state=\(state)&iss=\(issuer.percentEncoded)"
                let answer = try await browser.end(query, cookie: cookie)
                #expect(answer.status == status)
            }
        }
    }

    @Test("The provider's refusal is shown, and nothing that anyone wrote into the address")
    func refusals() async throws {
        let site = try Site()
        try await site.run { browser in
            let (location, cookie) = try await browser.start()
            let state = browser.provider.answer(to: location).state
            let denied = try await browser.end("error=access_denied&state=\(state)", cookie: cookie)
            #expect(denied.status == 403 && denied.body.contains("did not let you in"))
            for text in ["<script>alert(1)</script>", "\"onload=x", "a b"] {
                let query = "error=\(text.percentEncoded)&error_description=\(text.percentEncoded)"
                let answer = try await browser.end(query, cookie: cookie)
                #expect(answer.status == 400 && !answer.body.contains(text))
                #expect(
                    answer.headers["content-security-policy"]?.hasPrefix("default-src 'none'")
                        == true
                )
            }
        }
    }

    @Test("Nobody is led to another site")
    func openRedirect() async throws {
        let site = try Site()
        try await site.run { browser in
            for path in ["//evil.example", "https://evil.example", #"/\evil.example"#, "/%2Fevil"] {
                let answer = try await browser.server.get(
                    "/v1/sso/start?return=\(path.percentEncoded)"
                )
                #expect(answer.status == 400 && answer.headers["location"] == nil, "\(path)")
                #expect(!answer.body.contains("evil"))
            }
            let twice = try await browser.server.get("/v1/sso/start?return=/&return=//evil")
            #expect(twice.status == 400)
        }
    }

    @Test("What belongs to no login of the browser costs nothing: any page can cause it")
    func strayAnswers() async throws {
        let site = try Site()
        try await site.run { browser in
            for _ in 0..<30 {
                #expect(try await browser.end("state=x&code=y", cookie: nil).status == 400)
            }
            #expect(browser.provider.state.withLock { $0.posts.isEmpty })
            try await browser.expectSignIn()
        }
    }

    @Test("Wrong answers are throttled by their source, before the provider is asked")
    func throttle() async throws {
        let site = try Site()
        try await site.run { browser in
            for _ in 0..<10 {
                let (location, cookie) = try await browser.start()
                let state = browser.provider.answer(to: location).state
                _ = try await browser.end("state=\(state)&code=wrong", cookie: cookie)
            }
            let asked = browser.provider.state.withLock { $0.posts.count }
            let answer = try await browser.signIn()
            #expect(answer.status == 429 && answer.headers["retry-after"] == "6")
            #expect(browser.provider.state.withLock { $0.posts.count } == asked)
            site.clock.advance(by: 6)
            try await browser.expectSignIn()
        }
    }

    @Test("While the provider is down, people are told, and the way by password is there")
    func down() async throws {
        let site = try Site()
        site.provider.state.withLock { $0.isDown = true }
        try await site.run { browser in
            let answer = try await browser.server.get("/v1/sso/start")
            #expect(answer.status == 503 && !answer.body.contains("refused"))
            let ways = try await APIClient(server: browser.server).get("/v1/sign-in")
            #expect(ways["password"] == true)
            #expect(
                ways["singleSignOn"]
                    == ["name": "Company", "url": "http://127.0.0.1:7080/v1/sso/start"]
            )
        }
    }

    @Test("A gateway without a provider says so")
    func notConfigured() async throws {
        var site = try Site()
        site.topology.management.singleSignOn = nil
        try await site.run { browser in
            let api = APIClient(server: browser.server)
            for path in ["/v1/sso/start", "/v1/sso/callback"] {
                try await api.expect(404, "SingleSignOnNotConfigured", "GET", path)
            }
            #expect(try await api.get("/v1/sign-in")["singleSignOn"] == nil)
        }
    }
}
