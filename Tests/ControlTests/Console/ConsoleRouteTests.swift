import Store
import Testing
import Text

@testable import Console
@testable import Control

/// What browsers get of the console, before any script runs.
@Suite("The console's pages, as they are served")
struct ConsoleRouteTests {
    private static let pages: [String] = {
        let warehouse = [
            "overview", "overview?range=day", "public-link", "public-link?text=a&list=entries",
            "public-link/import", "private-link", "private-link/inbound",
            "private-link/inbound?cloud=azure", "private-link/outbound",
            "private-link/outbound?cloud=gcp", "sessions", "denials",
            "explain?source=203.0.113.7",
        ]
        return warehouse.map { "/console/warehouses/W1/\($0)" } + [
            "/console/activity", "/console/settings/keys", "/console/settings/accounts",
            "/console/settings/notices", "/console/settings/gateway",
        ]
    }()

    @Test("Without a login, every page leads to the sign-in, and back")
    func signIn() async throws {
        let stored = try StoredGateway()
        try await stored.runWithKeys { api in
            for page in Self.pages + ["/console", "/console/account"] {
                let answer = try await api.send("GET", page)
                #expect(answer.status == 303, "\(page)")
                let target = try #require(answer.headers["location"])
                #expect(target == "/console/sign-in?return=\(page.percentEncoded)")
                let signIn = try await api.send("GET", target)
                #expect(signIn.status == 200)
                #expect(signIn.text.contains("data-leads=\"\(page.htmlEscaped)\""), "\(page)")
            }
        }
    }

    @Test("Every page is whole, and may load and send nothing elsewhere")
    func pages() async throws {
        let stored = try StoredGateway()
        let key = try stored.key("admin", .administer).secret
        try await stored.runWithKeys { api in
            for page in Self.pages {
                let answer = try await api.with(key: key).send("GET", page)
                #expect(answer.status == 200, "\(page): \(answer.text)")
                #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
                let policy = answer.headers["content-security-policy"] ?? ""
                #expect(policy.hasPrefix("default-src 'none'; script-src 'self';"))
                #expect(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"))
                #expect(answer.headers["cache-control"] == "no-store")
                #expect(answer.text.hasSuffix("</html>\n"), "\(page)")
                #expect(!answer.text.contains("{{") && !answer.text.contains(" style="), "\(page)")
                #expect(!answer.text.contains(" onclick") && !answer.text.contains("<script>"))
            }
        }
    }

    @Test("What is no page is said on one")
    func noPage() async throws {
        let stored = try StoredGateway()
        let key = try stored.key("reader", .read).secret
        try await stored.runWithKeys { api in
            for page in ["/console/bogus", "/console/warehouses/W1/bogus"] {
                let answer = try await api.with(key: key).send("GET", page)
                #expect(answer.status == 404, "\(page)")
                #expect(answer.text.contains("The console has no such page."), "\(page)")
            }
        }
    }

    @Test("What pages load is there without a login, and may be kept")
    func assets() async throws {
        let stored = try StoredGateway()
        try await stored.runWithKeys { api in
            let page = try await api.send("GET", "/console/sign-in").text
            let paths = page.matches(of: #/"(/console/assets/[^"]+)"/#).map { String($0.1) }
            #expect(paths.count > 3)
            for path in paths {
                let answer = try await api.send("GET", path)
                #expect(answer.status == 200, "\(path)")
                #expect(answer.headers["cache-control"]?.contains("immutable") == true)
                #expect(answer.headers["x-content-type-options"] == "nosniff")
            }
            #expect(try await api.send("GET", "/console/assets/0/console.css").status == 404)
        }
    }

    @Test("The settings' own address leads to the first of their pages")
    func settings() async throws {
        let stored = try StoredGateway()
        let key = try stored.key("admin", .administer).secret
        try await stored.runWithKeys { api in
            for path in ["/console/settings", "/console/settings/"] {
                let answer = try await api.with(key: key).send("GET", path)
                #expect(answer.status == 303, "\(path): \(answer.text)")
                #expect(answer.headers["location"] == "/console/settings/keys")
            }
        }
    }

    @Test("Whoever may see one warehouse sees nothing of another, and no settings")
    func limited() async throws {
        let stored = try StoredGateway()
        let key = try stored.key("w2", .operate, warehouses: ["W2"]).secret
        try await stored.runWithKeys { api in
            let limited = api.with(key: key)
            let own = try await limited.send("GET", "/console/warehouses/W2/public-link")
            #expect(own.status == 200 && !own.text.contains("W1"))
            for page in Self.pages where page.contains("W1") {
                let answer = try await limited.send("GET", page)
                #expect(answer.status == 404, "\(page)")
                #expect(answer.text.contains("Unknown warehouse"), "\(page)")
            }
            for page in ["activity", "settings/keys", "settings/accounts"] {
                let answer = try await limited.send("GET", "/console/\(page)")
                #expect(answer.status == 403 && answer.text.contains("Not allowed"), "\(page)")
            }
        }
    }

    @Test("The sign-in leads to pages of this gateway only")
    func openRedirects() async throws {
        let stored = try StoredGateway()
        let hostile = [
            "//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)",
            "/console\"><script>alert(1)</script>", "/\t/evil.example", "",
        ]
        try await stored.runWithKeys { api in
            for target in hostile {
                let path = "/console/sign-in?return=\(target.percentEncoded)"
                let answer = try await api.send("GET", path)
                let leads = answer.text.matches(of: #/data-leads="([^"]*)"/#).map { $0.1 }
                #expect(leads.allSatisfy { $0.hasPrefix("/console") }, "\(target): \(leads)")
                #expect(!answer.text.contains("<script>alert"), "\(target)")
            }
        }
    }

    @Test("An id that cannot be decoded is that of no warehouse, not of all")
    func undecodable() async throws {
        let stored = try StoredGateway()
        let key = try stored.key("reader", .read).secret
        try await stored.runWithKeys { api in
            for id in ["%zz", "%", "W1%", "%00", ".."] {
                for page in ["overview", "public-link", "private-link", "sessions", "denials"] {
                    let path = "/console/warehouses/\(id)/\(page)"
                    let answer = try await api.with(key: key).send("GET", path)
                    #expect(answer.status == 404, "\(path)")
                }
            }
        }
    }

    @Test("A reader is offered nothing that would be refused")
    func reader() async throws {
        let stored = try StoredGateway()
        let key = try stored.key("reader", .read).secret
        try await stored.runWithKeys { api in
            for page in Self.pages {
                let answer = try await api.with(key: key).send("GET", page)
                #expect([200, 403].contains(answer.status), "\(page)")
                #expect(!answer.text.contains("data-call="), "\(page)")
                // The API would refuse them all.
                #expect(!answer.text.contains(/data-events="[^"]*changes/), "\(page)")
            }
        }
    }

    @Test("Without its script no form sends what was typed, which would be in the page's address")
    func forms() async throws {
        let stored = try StoredGateway()
        let key = try stored.key("admin", .administer).secret
        try await stored.runWithKeys { api in
            for page in Self.pages + ["/console/sign-in"] {
                let text = try await api.with(key: key).send("GET", page).text
                for form in text.matches(of: /<form [^>]*>/).map({ String($0.output) }) {
                    let isSearch = form.contains(" data-filter") || form.contains("method=\"get\"")
                    #expect(isSearch || form.contains("method=\"dialog\""), "\(page): \(form)")
                }
            }
        }
    }

    @Test("A key in the address is used at once only if no page has led there")
    func linkedKey() async throws {
        let stored = try StoredGateway()
        try await stored.runWithKeys { api in
            let page = "/console/sign-in"
            for (site, isUsed) in [("none", true), ("same-site", false), ("cross-site", false)] {
                let browser = api.with(headers: ["Sec-Fetch-Site: \(site)"])
                let text = try await browser.send("GET", page).text
                #expect(text.contains("data-opened-by-hand") == isUsed, "\(site)")
            }
            let text = try await api.send("GET", page).text
            #expect(!text.contains("data-opened-by-hand"))
        }
    }

    @Test("What an open page asks for by itself is no use of its login")
    func unattended() async throws {
        let stored = try StoredGateway()
        let password = "correct horse battery"
        try stored.account("anna", .read, password: password)
        try await stored.runWithKeys { api in
            let body: JSONValue = ["name": "anna", "password": .string(password)]
            let login = try await api.expect(200, nil, "POST", "/v1/login", body)
            let pair = try #require(login.cookies.first?.split(separator: ";").first)
            let page = "/console/warehouses/W1/overview"
            let asking = api.with(headers: ["Cookie: \(pair)", "X-Unattended: true"])
            let unattended = try await asking.send("GET", page)
            #expect(unattended.status == 200 && stored.store.sessionUses().isEmpty)
            let attended = try await api.with(headers: ["Cookie: \(pair)"]).send("GET", page)
            #expect(attended.status == 200 && stored.store.sessionUses().count == 1)
        }
    }

    @Test("Whoever must change the password first is led there, and can")
    func duty() async throws {
        let stored = try StoredGateway()
        let password = "correct horse battery"
        try stored.account("anna", .read, password: password, mustChangePassword: true)
        try await stored.runWithKeys { api in
            let body: JSONValue = ["name": "anna", "password": .string(password)]
            let login = try await api.expect(200, nil, "POST", "/v1/login", body)
            let pair = try #require(login.cookies.first?.split(separator: ";").first)
            let browser = api.with(headers: ["Cookie: \(pair)"])
            let start = try await browser.send("GET", "/console/warehouses/W1/overview")
            #expect(start.status == 303 && start.headers["location"] == "/console/account")
            let page = try await browser.send("GET", "/console/account")
            #expect(page.status == 200 && page.text.contains("Change your password first"))
        }
    }

    @Test("A browser is led from the root to the console, a program is told what there is")
    func root() async throws {
        let stored = try StoredGateway()
        try await stored.runWithKeys { api in
            let browser = api.with(headers: ["Accept: text/html,application/xhtml+xml"])
            let answer = try await browser.send("GET", "/")
            #expect(answer.status == 307 && answer.headers["location"] == "/console")
            #expect(try await api.send("GET", "/").text.contains("/v1/..."))
        }
    }
}
