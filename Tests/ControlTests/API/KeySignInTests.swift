import Store
import Testing
import Text

@testable import Control

/// Browsers in which somebody signs in with a key.
@Suite("Signing in with a key")
struct KeySignInTests {
    /// What the browser keeps of an answer: `name=value`.
    private func cookie(of answer: APIAnswer) throws -> String {
        let pair = answer.cookies.first?.split(separator: ";").first.map { String($0) }
        return try #require(pair)
    }

    @Test("The cookie lets a browser do what the key may, from the gateway's own pages only")
    func cookie() async throws {
        let stored = try StoredGateway()
        let secret = try stored.key("ci", .operate).secret
        try await stored.runWithKeys { api in
            let answer = try await api.expect(
                200,
                nil,
                "POST",
                "/v1/login/key",
                ["key": .string(secret)]
            )
            #expect(answer.data["name"] == "ci" && answer.data["role"] == "operate")
            let field = try #require(answer.cookies.first)
            #expect(field.hasSuffix("; Path=/; HttpOnly; SameSite=Strict"))
            #expect(!field.contains(secret.dropFirst(3)))
            let pair = try cookie(of: answer)
            let browser = api.with(headers: ["Cookie: \(pair)"])
            #expect(try await browser.get("/v1/me")["name"] == "ci")
            let group: JSONValue = ["name": "office"]
            try await browser.expect(403, "ForeignOrigin", "POST", "/v1/groups", group)
            let page = browser.with(headers: browser.headers + ["Sec-Fetch-Site: same-origin"])
            try await page.expect(201, nil, "POST", "/v1/groups", group)
            let out = try await page.expect(200, nil, "POST", "/v1/logout")
            try await browser.expect(401, "Unauthorized.InvalidApiKey", "GET", "/v1/me")
            #expect(
                out.cookies.contains { $0.hasPrefix("sluice-key=;") && $0.hasSuffix("Max-Age=0") }
            )
        }
    }

    @Test("What becomes of the key counts at once")
    func revoked() async throws {
        let stored = try StoredGateway()
        let (id, secret) = try stored.key("ci", .read)
        try await stored.runWithKeys { api in
            let answer = try await api.expect(
                200,
                nil,
                "POST",
                "/v1/login/key",
                ["key": .string(secret)]
            )
            let browser = api.with(headers: ["Cookie: \(try cookie(of: answer))"])
            try await browser.expect(200, nil, "GET", "/v1/me")
            _ = try stored.store.write(by: .gateway, at: .systemTime) { try $0.removeKey(id) }
            try await browser.expect(401, "Unauthorized.InvalidApiKey", "GET", "/v1/me")
        }
    }

    @Test("A wrong key, one for leases alone, and a cookie that was changed get nothing")
    func refused() async throws {
        let stored = try StoredGateway()
        let lease = try stored.key("job", .lease).secret
        let secret = try stored.key("ci", .read).secret
        try await stored.runWithKeys { api in
            for key in ["sk-wrong", "", secret + "x"] {
                let body: JSONValue = ["key": .string(key)]
                let answer = try await api.expect(
                    401,
                    "Unauthorized.InvalidApiKey",
                    "POST",
                    "/v1/login/key",
                    body
                )
                #expect(answer.cookies.isEmpty)
            }
            try await api.expect(403, "Forbidden", "POST", "/v1/login/key", ["key": .string(lease)])
            let answer = try await api.expect(
                200,
                nil,
                "POST",
                "/v1/login/key",
                ["key": .string(secret)]
            )
            var changed = try cookie(of: answer)
            changed.append(changed.hasSuffix("A") ? "B" : "A")
            for cookie in [changed, "sluice-key=", "sluice-key=\(secret)"] {
                try await api.with(headers: ["Cookie: \(cookie)"])
                    .expect(401, "Unauthorized.InvalidApiKey", "GET", "/v1/me")
            }
        }
    }
}
