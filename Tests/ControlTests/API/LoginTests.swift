import Addresses
import Foundation
import Glibc
import Policy
import Settings
import Store
import Synchronization
import Testing
import Text
import Time

@testable import Control
@testable import Credentials

@Suite("Signing in, one's own account, and everybody's", .timeLimit(.minutes(2)))
struct LoginTests {
    private static let password = "correct horse battery"

    private static func body(
        _ name: String = "anna",
        _ password: String = password,
        code: String? = nil,
        client: String? = nil
    ) -> JSONValue {
        var members: [String: JSONValue] = ["name": .string(name), "password": .string(password)]
        if let code { members["code"] = .string(code) }
        if let client { members["client"] = .string(client) }
        return .object(members)
    }

    /// A client that has signed in as programs do.
    private static func signedIn(
        _ api: APIClient,
        _ name: String = "anna",
        _ password: String = password,
        code: String? = nil
    ) async throws -> APIClient {
        let body = body(name, password, code: code, client: "commandLine")
        let answer = try await api.expect(200, nil, "POST", "/v1/login", body)
        let token = try #require(answer.data["token"]?.string)
        #expect(answer.headers["set-cookie"] == nil)
        return api.with(headers: ["Authorization: Bearer \(token)"])
    }

    @Test("A browser gets a cookie that scripts and other sites cannot use")
    func cookie() async throws {
        let stored = try StoredGateway()
        try stored.account("anna", .operate, password: Self.password)
        try await stored.runWithKeys { api in
            let answer = try await api.expect(200, nil, "POST", "/v1/login", Self.body())
            #expect(answer.data["token"] == nil && answer.data["account", "name"] == "anna")
            let cookie = try #require(answer.headers["set-cookie"])
            let parts = cookie.split(separator: ";").map { $0.drop { $0 == " " } }
            #expect(Set(parts.dropFirst()) == ["Path=/", "HttpOnly", "SameSite=Strict"])
            let pair = try #require(parts.first)
            #expect(pair.hasPrefix("sluice=ss-"))
            let own = "Origin: http://127.0.0.1"
            let browser = api.with(headers: ["Cookie: theme=dark; \(pair)"])
            let me = try await browser.get("/v1/me")
            #expect(me["kind"] == "account" && me["name"] == "anna" && me["role"] == "operate")
            // A page elsewhere can send the cookie with a form at most, and then says where it is.
            let path = "/v1/groups"
            let group: JSONValue = ["name": "office"]
            for headers in [[], ["Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: same-site"]] {
                let page = browser.with(headers: browser.headers + headers)
                try await page.expect(403, "ForeignOrigin", "POST", path, group)
            }
            let page = browser.with(headers: browser.headers + [own])
            try await page.expect(201, nil, "POST", path, group)
            let twice = api.with(headers: ["Cookie: \(pair); \(pair)"])
            try await twice.expect(401, "Unauthorized.InvalidApiKey", "GET", "/v1/me")
            let out = try await page.expect(200, nil, "POST", "/v1/logout")
            #expect(out.headers["set-cookie"]?.contains("Max-Age=0") == true)
            try await browser.expect(401, "Unauthorized.LoginRequired", "GET", "/v1/me")
        }
    }

    @Test("Over TLS the cookie is bound to the host, and goes over nothing else")
    func secureCookie() async throws {
        let stored = try StoredGateway()
        try stored.account("anna", .operate, password: Self.password)
        var routes = stored.routes(.credentials { stored.store })
        routes.isSecure = true
        try await ServedManagement.run(routes) { server in
            let api = APIClient(server: server)
            let answer = try await api.expect(200, nil, "POST", "/v1/login", Self.body())
            let cookie = try #require(answer.headers["set-cookie"])
            #expect(cookie.hasPrefix("__Host-sluice=ss-") && cookie.hasSuffix("; Secure"))
            let token = try #require(cookie.split(separator: ";").first?.split(separator: "=").last)
            // A cookie that any page of the host could have set counts for nothing.
            let plain = api.with(headers: ["Cookie: sluice=\(token)"])
            try await plain.expect(401, "Unauthorized.InvalidApiKey", "GET", "/v1/me")
        }
    }

    @Test("Whoever fails is told the same in each case")
    func refusals() async throws {
        let stored = try StoredGateway()
        try stored.account("anna", .administer, password: Self.password)
        let bob = try stored.account("bob", .read, password: Self.password)
        _ = try stored.store.write(by: .gateway, at: .systemTime) { transaction in
            try transaction.changeAccount(bob.id) { $0.isEnabled = false }
        }
        try await stored.runWithKeys { api in
            var texts: Set<String> = []
            let attempts = [
                Self.body("anna", "wrong horse battery"), Self.body("nobody"), Self.body("bob"),
                Self.body("anna", ""), Self.body("", Self.password),
                Self.body("anna", String(repeating: "x", count: 300)),
            ]
            for attempt in attempts {
                let answer = try await api.expect(
                    401,
                    "Unauthorized.LoginRefused",
                    "POST",
                    "/v1/login",
                    attempt
                )
                texts.insert(answer.message)
                #expect(answer.headers["set-cookie"] == nil)
            }
            #expect(texts.count == 1, "\(texts)")
        }
    }

    @Test("A source that fails ten times waits; the right password of another one still works")
    func throttled() async throws {
        var management = ManagementSettings()
        management.trustedProxies = [try CIDRBlock(parsing: "127.0.0.1/32")]
        let stored = try StoredGateway(management: management)
        try stored.account("anna", .administer, password: Self.password)
        try await stored.runWithKeys { api in
            let attacker = api.with(headers: ["X-Forwarded-For: 203.0.113.7"])
            // On a slow machine, some attempts come back meanwhile.
            var (count, answer) = (0, try await attacker.send("GET", "/v1/sign-in"))
            while answer.status != 429, count < 200 {
                let wrong = Self.body("anna", "wrong horse battery")
                answer = try await attacker.send("POST", "/v1/login", wrong)
                if answer.status != 429 {
                    #expect(answer.code == "Unauthorized.LoginRefused", "\(answer.text)")
                    count += 1
                }
            }
            #expect(answer.code == "TooManyAttempts" && count >= 10)
            #expect(try #require(answer.headers["retry-after"].flatMap { Int($0) }) >= 1)
            let owner = api.with(headers: ["X-Forwarded-For: 198.51.100.9"])
            try await owner.expect(200, nil, "POST", "/v1/login", Self.body())
        }
        let acts = try stored.store.audit(after: 0, matching: AuditFilter(), limit: .max)
        #expect(acts.map(\.record.action).filter { $0 == "account.login.fail" }.count >= 1)
    }

    @Test(
        "One-time codes are set up, asked for, and counted once; recovery codes stand in for them"
    )
    func secondFactor() async throws {
        let stored = try StoredGateway()
        try stored.account("anna", .operate, password: Self.password)
        try await stored.runWithKeys { api in
            let client = try await Self.signedIn(api)
            let path = "/v1/me/second-factor"
            let proof: JSONValue = ["currentPassword": .string(Self.password)]
            let lie: JSONValue = ["currentPassword": "wrong horse battery"]
            try await client.expect(403, "WrongPassword", "POST", path, lie)
            let offer = try await client.expect(200, nil, "POST", path, proof)
            let secret = try #require(offer.data["secret"]?.string)
            #expect(offer.data["uri"]?.string?.contains(secret) == true)
            let code = try #require(
                stored.store.accounts.local(named: "anna")?.offeredCode
            )
            func text(_ offset: Int64 = 0) -> String {
                code.text(of: UnixTime.systemTime.seconds / 30 + offset)
            }
            try await client.expect(
                400,
                "InvalidParameter",
                "POST",
                "\(path)/confirm",
                ["code": "x"]
            )
            let used = text()
            let confirmed = try await client.expect(
                200,
                nil,
                "POST",
                "\(path)/confirm",
                ["code": .string(used)]
            )
            let recovery = try #require(confirmed.data["recoveryCodes"]?.array).compactMap(\.string)
            #expect(recovery.count == 10)
            // From now on the password alone is not enough, and a code counts once.
            try await api.expect(
                401,
                "Unauthorized.CodeRequired",
                "POST",
                "/v1/login",
                Self.body()
            )
            for wrong in [used, "000000x", ""] {
                try await api.expect(
                    401,
                    "Unauthorized.LoginRefused",
                    "POST",
                    "/v1/login",
                    Self.body(code: wrong)
                )
            }
            _ = try await Self.signedIn(api, code: text(1))
            _ = try await Self.signedIn(api, code: recovery[0])
            try await api.expect(
                401,
                "Unauthorized.LoginRefused",
                "POST",
                "/v1/login",
                Self.body(code: recovery[0])
            )
            let account = try await client.get("/v1/me/account")
            #expect(account["secondFactor"] == true && account["recoveryCodesLeft"]?.int == 9)
            try await client.expect(200, nil, "DELETE", path, proof)
            _ = try await Self.signedIn(api)
        }
    }

    @Test("If codes are required, nothing else can be done before they are set up")
    func requiredSecondFactor() async throws {
        var management = ManagementSettings()
        management.accounts.secondFactor = .required
        let stored = try StoredGateway(management: management)
        try stored.account("anna", .administer, password: Self.password)
        try await stored.runWithKeys { api in
            #expect(try await api.get("/v1/sign-in")["secondFactor"] == "required")
            let client = try await Self.signedIn(api)
            let thief = try await Self.signedIn(api)
            #expect(try await client.get("/v1/me")["mustDo"] == "setUpSecondFactor")
            for path in ["/v1/status", "/v1/keys", "/v1/warehouses"] {
                try await client.expect(403, "SecondFactorRequired", "GET", path)
            }
            let proof: JSONValue = ["currentPassword": .string(Self.password)]
            try await client.expect(200, nil, "POST", "/v1/me/second-factor", proof)
            let code = try #require(stored.store.accounts.local(named: "anna")?.offeredCode)
            let text = code.text(of: UnixTime.systemTime.seconds / 30)
            try await client.expect(
                200,
                nil,
                "POST",
                "/v1/me/second-factor/confirm",
                ["code": .string(text)]
            )
            try await client.get("/v1/status")
            // What was opened without it ends.
            try await thief.expect(401, "Unauthorized.LoginRequired", "GET", "/v1/me")
            try await client.expect(
                409,
                "OperationConflict",
                "DELETE",
                "/v1/me/second-factor",
                proof
            )
        }
    }

    @Test("A password that somebody else has set is changed before anything else")
    func mustChange() async throws {
        let stored = try StoredGateway()
        try stored.account("root", .administer, password: Self.password)
        try await stored.runWithKeys { api in
            let root = try await Self.signedIn(api, "root")
            let body: JSONValue = ["name": "Bob", "role": "read"]
            let id = UUID().uuidString
            let created = try await root.send("POST", "/v1/accounts", body, id: id)
            #expect(created.status == 201)
            let password = try #require(created.data["password"]?.string)
            // A repetition is the same answer, but for the password.
            let repeated = try await root.send("POST", "/v1/accounts", body, id: id)
            #expect(repeated.status == 201 && repeated.data["password"] == nil)
            let bob = try await Self.signedIn(api, "bob", password)
            try await bob.expect(403, "PasswordChangeRequired", "GET", "/v1/status")
            func change(_ current: String, _ new: String) -> JSONValue {
                ["currentPassword": .string(current), "newPassword": .string(new)]
            }
            let path = "/v1/me/password"
            try await bob.expect(
                400,
                "InvalidParameter",
                "POST",
                path,
                change(password, password)
            )
            try await bob.expect(400, "InvalidParameter", "POST", path, change(password, "short"))
            try await bob.expect(
                403,
                "WrongPassword",
                "POST",
                path,
                change(Self.password, "battery horse staple")
            )
            let other = try await Self.signedIn(api, "bob", password)
            try await bob.expect(
                200,
                nil,
                "POST",
                path,
                change(password, "battery horse staple")
            )
            try await bob.get("/v1/status")
            try await other.expect(401, "Unauthorized.LoginRequired", "GET", "/v1/me")
            try await api.expect(
                401,
                "Unauthorized.LoginRefused",
                "POST",
                "/v1/login",
                Self.body("bob", password)
            )
        }
    }

    @Test("What is stored to recognize a repetition does not let a password be guessed")
    func fingerprint() async throws {
        let stored = try StoredGateway()
        let root = try stored.account("root", .administer, password: Self.password)
        try await stored.runWithKeys { api in
            let client = try await Self.signedIn(api, "root")
            let id = UUID().uuidString.lowercased()
            let body: JSONValue = [
                "name": "bob", "role": "read", "password": "battery horse staple",
            ]
            for _ in 0..<2 {
                let answer = try await client.send("POST", "/v1/accounts", body, id: id)
                #expect(answer.status == 201)
            }
            let guess = "POST /v1/accounts\n" + body.text
            let identity = RequestIdentity(
                principal: "account:\(root.id)",
                id: id,
                content: Array(guess.utf8)
            )
            #expect(try stored.store.find(identity, at: .systemTime) == .otherContent)
        }
    }

    @Test("A wrong password of somebody who is signed in counts as a failure")
    func wrongProof() async throws {
        let stored = try StoredGateway()
        try stored.account("anna", .read, password: Self.password)
        try await stored.runWithKeys { api in
            let client = try await Self.signedIn(api)
            let proof: JSONValue = ["currentPassword": "wrong horse battery"]
            for _ in 0..<10 {
                try await client.expect(
                    403,
                    "WrongPassword",
                    "POST",
                    "/v1/me/second-factor",
                    proof
                )
            }
            let records = try stored.store.audit(after: 0, matching: AuditFilter(), limit: .max)
            #expect(records.contains { $0.record.action == "account.login.fail" })
        }
    }

    @Test("A login that is ended, and an account that is changed, count from the next request on")
    func revoked() async throws {
        let stored = try StoredGateway()
        try stored.account("root", .administer, password: Self.password)
        let anna = try stored.account("anna", .operate, password: Self.password)
        try await stored.runWithKeys { api in
            let root = try await Self.signedIn(api, "root")
            let (first, second) = (try await Self.signedIn(api), try await Self.signedIn(api))
            let id = try #require(try await first.get("/v1/me")["loginId"]?.string)
            let own = try await second.get("/v1/me/logins")
            #expect(own.texts("accountName") == ["anna", "anna"])
            #expect(own.array?.filter { $0["current"] == true }.count == 1)
            // Nobody else's login is there to be ended.
            let roots = try #require(try await root.get("/v1/me")["loginId"]?.string)
            try await second.expect(404, "LoginNotFound", "DELETE", "/v1/me/logins/\(roots)")
            try await second.expect(403, "Forbidden", "DELETE", "/v1/logins/\(roots)")
            try await second.expect(200, nil, "DELETE", "/v1/me/logins/\(id)")
            try await first.expect(401, "Unauthorized.LoginRequired", "GET", "/v1/me")
            try await second.get("/v1/status")
            let path = "/v1/accounts/\(anna.id)"
            try await root.expect(200, nil, "PATCH", path, ["role": "read"])
            try await second.expect(403, "Forbidden", "POST", "/v1/groups", ["name": "x"])
            try await root.expect(200, nil, "PATCH", path, ["enabled": false])
            try await second.expect(401, "Unauthorized.LoginRequired", "GET", "/v1/status")
            try await root.expect(200, nil, "DELETE", path)
            try await root.expect(404, "AccountNotFound", "GET", path)
        }
    }

    @Test("A login that ends while a body arrives changes nothing")
    func revokedMeanwhile() async throws {
        let stored = try StoredGateway()
        let anna = try stored.account("anna", .operate, password: Self.password)
        try await stored.runWithKeys { api in
            let client = try await Self.signedIn(api)
            let field = try #require(client.headers.first)
            let body = #"{"cidr":"192.0.2.1"}"#
            let head = """
                POST /v1/warehouses/W1/whitelist/entries HTTP/1.1\r\nHost: 127.0.0.1\r\n\
                \(field)\r\nContent-Type: application/json\r\n\
                Content-Length: \(body.utf8.count)\r\n\r\n
                """
            let status = try await onOwnThread {
                let raw = try RawClient(port: api.server.port)
                raw.send(head + body.prefix(5))
                usleep(200_000)
                _ = try stored.store.write(by: .gateway, at: .systemTime) { transaction in
                    try transaction.closeSessions(of: anna.id)
                }
                raw.send(String(body.dropFirst(5)))
                return try HTTPAnswer(try raw.receive()).status
            }
            #expect(status == 401)
        }
        #expect(stored.store.policy.warehouses["W1"]?.list(for: nil)?.list.count ?? 0 == 0)
    }

    @Test("An account for one warehouse knows no other; a key has no account of its own")
    func scope() async throws {
        let stored = try StoredGateway()
        try stored.account("anna", .administer, password: Self.password, warehouses: ["W1"])
        let key = try stored.key("ci", .administer).secret
        try await stored.runWithKeys { api in
            let client = try await Self.signedIn(api)
            try await client.get("/v1/warehouses/W1/whitelist")
            try await client.expect(
                404,
                "WarehouseNotFound",
                "GET",
                "/v1/warehouses/W2/whitelist"
            )
            for path in ["/v1/accounts", "/v1/logins", "/v1/keys"] {
                try await client.expect(403, "Forbidden", "GET", path)
            }
            for path in ["/v1/me/account", "/v1/me/logins"] {
                try await api.with(key: key).expect(403, "Forbidden", "GET", path)
            }
        }
    }

    @Test("An outdated hash is renewed at the next login")
    func renewal() async throws {
        let stored = try StoredGateway()
        let old = PasswordHash.Parameters(logCost: 2, parallelism: 1)
        let typed = try #require(Password(typed: Self.password))
        _ = try stored.store.write(by: .gateway, at: .systemTime) { transaction in
            try transaction.createAccount(
                AccountDescription(name: "anna", role: .read),
                password: PasswordHash(typed, old),
                mustChangePassword: false
            )
        }
        try await stored.runWithKeys { api in
            _ = try await Self.signedIn(api)
            let hash = stored.store.accounts.local(named: "anna")?.password
            #expect(hash?.parameters == StoredGateway.cheap && hash?.matches(typed) == true)
            _ = try await Self.signedIn(api)
        }
    }
}
