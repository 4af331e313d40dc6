import ArgumentParser
import Control
import Testing
import Text

@testable import sluice

@Suite("Where a login belongs")
struct LoginPlaceTests {
    private static let contexts: GatewayContexts = {
        var contexts = GatewayContexts()
        contexts.contexts = [
            GatewayContext(name: "keyed", management: "10.0.0.1:7080", key: "sk-1"),
            GatewayContext(name: "local", socket: "/run/x.sock"),
            GatewayContext(
                name: "production",
                management: "10.0.0.2:7080",
                login: GatewayLogin(account: "anna", token: "ss-1")
            ),
        ]
        contexts.current = "production"
        return contexts
    }()

    private func place(
        context: String? = nil,
        management: String? = nil,
        authorities: String? = nil,
        environment: [String: String] = [:],
        among contexts: GatewayContexts = contexts
    ) throws -> LoginPlace {
        try LoginPlace(
            context: context,
            management: try management.map(ManagementAddress.init(parsing:)),
            authorities: authorities,
            environment: environment,
            among: contexts
        )
    }

    @Test("Options come before the environment, then come the current context and the standard one")
    func order() throws {
        let both = ["SLUICE_MANAGEMENT": "a.example:1", "SLUICE_CONTEXT": "production"]
        #expect(try place(management: "b.example:1", environment: both).context.name == "b.example")
        #expect(try place(context: "production", environment: both).address.text == "10.0.0.2:7080")
        #expect(try place(environment: both).address.text == "a.example:1")
        #expect(
            try place(environment: ["SLUICE_CONTEXT": "production"]).context.name == "production"
        )
        #expect(try place().context.name == "production")
        let first = try place(among: GatewayContexts())
        #expect(first.context == GatewayContext(name: "127.0.0.1", management: "127.0.0.1:7080"))
    }

    @Test("An address has its context; a new one is named after the host, once")
    func names() throws {
        #expect(try place(management: "10.0.0.2:7080").context.name == "production")
        #expect(try place(management: "10.0.0.1:7080").context.name == "10.0.0.1")
        #expect(try place(management: "[2001:db8::1]:7080").context.name == "2001:db8::1")
        var contexts = Self.contexts
        try contexts.add(GatewayContext(name: "a.example", management: "a.example:1"))
        let other = try place(management: "a.example:2", among: contexts)
        #expect(other.context.name == "a.example:2")
        let secure = try place(management: "https://a.example:2", among: contexts)
        #expect(secure.context.name == "a.example:2")
        // No context of another gateway, or with a key, is replaced.
        try contexts.add(
            GatewayContext(name: "a.example:2", management: "a.example:2", key: "sk-2")
        )
        #expect(throws: CommandFailure.self) {
            try place(management: "a.example:2", among: contexts)
        }
    }

    @Test("A name has no scheme, and an address is the same gateway with or without one")
    func schemes() throws {
        #expect(try place(management: "https://a.example:1").context.name == "a.example")
        #expect(try place(management: "https://[::1]:7443").context.name == "::1")
        #expect(try place(management: "https://10.0.0.2:7080").context.name == "production")
        #expect(try place(management: "http://10.0.0.2:7080").context.name == "10.0.0.2")
    }

    @Test("A gateway is recognized as its context says, otherwise by SLUICE_CA; --ca comes first")
    func trust() throws {
        let digits = String(repeating: "0a", count: 32)
        let fingerprint = try #require(CertificateFingerprint(parsing: digits))
        var contexts = Self.contexts
        try contexts.add(
            GatewayContext(
                name: "pinned",
                management: "10.0.0.3:7443",
                login: GatewayLogin(account: "anna", token: "ss-1"),
                fingerprint: fingerprint.description
            )
        )
        let environment = ["SLUICE_CA": "/env.pem"]
        let pinned = try place(
            management: "10.0.0.3:7443",
            environment: environment,
            among: contexts
        )
        #expect(pinned.context.name == "pinned" && pinned.trust == .pinned(fingerprint))
        let target = ManagementTarget(pinned.address, key: "ss-1")
        #expect(pinned.target == target.trusting(by: .pinned(fingerprint)))
        let once = try place(context: "pinned", authorities: "/ca.pem", among: contexts)
        #expect(once.trust == .authorities(file: "/ca.pem"))
        #expect(once.context == pinned.context)

        let new = try place(management: "a.example:1", environment: environment)
        #expect(new.trust == .authorities(file: "/env.pem") && new.context.ca == nil)
        var named = try place(management: "a.example:1", authorities: "/ca.pem")
        #expect(named.trust == .authorities(file: "/ca.pem") && named.context.ca == "/ca.pem")
        named.pin(fingerprint)
        #expect(named.trust == .pinned(fingerprint) && named.context.ca == nil)
        #expect(named.context.fingerprint == fingerprint.description)
        #expect(try place(management: "127.0.0.1:7080", environment: environment).trust == nil)
        #expect(try place(management: "a.example:1").trust == nil)
    }

    @Test("A socket needs no login, nor does a context with a key", arguments: ["local", "keyed"])
    func refusals(name: String) {
        #expect(throws: CommandFailure.self) { try place(context: name) }
    }

    @Test("A login replaces the one before, and goes without its context")
    func storage() throws {
        var contexts = Self.contexts
        let place = try place()
        #expect(place.target == ManagementTarget(place.address, key: "ss-1"))
        let login = GatewayLogin(account: "bob", token: "ss-2")
        try contexts.setLogin(login, of: place.context)
        #expect(try contexts.context("production").readKey() == "ss-2")
        #expect(contexts.contexts.count == 3)
        #expect("\(ContextTable(contexts))".contains("login of bob"))
        #expect(!ContextTable.json(of: contexts).text.contains("ss-2"))
        try contexts.setLogin(nil, of: place.context)
        #expect(try contexts.context("production").readKey() == nil)
        try contexts.setLogin(login, of: GatewayContext(name: "new", management: "a.example:1"))
        #expect(try contexts.context("new").login == login && contexts.current == "production")
    }

    @Test("Without a current context, a login makes its own the current one")
    func current() throws {
        var contexts = Self.contexts
        try contexts.remove("production")
        #expect(contexts.current == nil)
        let login = GatewayLogin(account: "bob", token: "ss-2")
        let context = GatewayContext(name: "new", management: "a.example:1")
        try contexts.setLogin(login, of: context)
        #expect(contexts.current == "new")
        contexts.current = nil
        try contexts.setLogin(nil, of: context)
        #expect(contexts.current == nil)
        try contexts.setLogin(login, of: context)
        #expect(contexts.current == "new")
    }

    @Test("A login that could not be ended has its id in the warning, and how to end it")
    func lost() throws {
        let address = try ManagementAddress(parsing: "a.example:1")
        let login = GatewayLogin(account: "anna", token: "ss-1", id: "m3kd82hxqa")
        let error = ManagementClientError.unreachable(address: "a.example:1", reason: "refused")
        let warning = login.warning(of: address, error)
        #expect(warning.contains("sluice account end-logins m3kd82hxqa --own"))
        #expect(!warning.contains("ss-1"))
    }

    @Test("A context's new certificate is shown with the one before")
    func trusting() throws {
        let text = { (before: (String?, String?), after: String?) in
            let old = GatewayContext(name: "a", fingerprint: before.0, ca: before.1)
            return ContextCommand.Trust.text(
                of: old,
                GatewayContext(name: "a", fingerprint: after)
            )
        }
        #expect(text(("A", nil), "B") == "was pinned: A\npinned: B")
        #expect(text(("A", nil), "A") == "already pinned: A")
        #expect(text((nil, nil), "B") == "pinned: B")
        #expect(text((nil, "a.pem"), "B") == "was trusted: the authorities in a.pem\npinned: B")
        #expect(text((nil, nil), nil).contains("need not be pinned"))
        #expect(text(("A", nil), nil).hasPrefix("was pinned: A\nno longer pinned"))
    }

    @Test(
        "A name has neither spaces nor control characters",
        arguments: ["x y", "", "a\tb", "\u{1b}"]
    )
    func badName(name: String) {
        #expect(throws: (any Error).self) {
            try ContextCommand.Add.parse([name, "--management", "127.0.0.1:1"])
        }
    }

    @Test("What is to be done first is advised for the gateway of the login")
    func duty() throws {
        let account = AccountView(accountId: "a", name: "anna", role: "read")
        let opened = OpenedLogin(account: account, token: "ss-1", mustDo: "changePassword")
        #expect(opened.duty(context: nil)?.hasSuffix("(sluice account password)") == true)
        #expect(
            opened.duty(context: "a b")?.hasSuffix("(sluice account password --context 'a b')")
                == true
        )
    }
}
