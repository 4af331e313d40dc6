import Testing
import Text
import Time

@testable import Console

/// What strangers can write (endpoint ids, descriptions, names, agents) must be text on every page.
@Suite("Hostile text on pages")
struct HostileTextTests {
    /// Ends an attribute and an element, also in front of a combining mark, which makes the quote
    /// another character.
    static let text = "\"\u{301}'><script>alert(1)</script><img src=x onerror=alert(1)>\u{301}"

    /// An answer of the API in which each text is hostile: it has every key that pages read.
    static let answer: JSONValue = {
        let texts = [
            "warehouseId", "name", "region", "cloudProvider", "host", "cidr", "description",
            "editor", "list", "expiresAt", "lastHitAt", "entryId", "client", "title", "text",
            "copyText", "peer", "endpoint", "backend", "rule", "startedAt", "protocol", "link",
            "source", "reason", "detail", "listener", "firstSeen", "lastSeen", "message", "verdict",
            "at", "action", "warehouse", "target", "note", "endpointId", "cloud", "dnsName",
            "status", "serviceId", "alias", "acceptance", "serviceName", "address", "state",
            "connectivity", "lastFailure", "createdAt", "keyId", "maskedKey", "role", "createdBy",
            "lastUsedAt", "lastUsedFrom", "accountId", "origin", "lastLoginAt", "lastLoginFrom",
            "loginId", "accountName", "method", "agent", "severity", "sentence", "key", "kind",
            "webhookId", "url", "health", "mode", "fingerprint", "endpointServiceId",
            "endpointServiceName",
        ]
        var members: [String: JSONValue] = [:]
        for key in texts { members[key] = .string(text) }
        members["warehouses"] = [.string(text)]
        members["kinds"] = [.string(text)]
        members["introducedBy"] = [.string(text)]
        members["clients"] = [.string(text)]
        members["zonalHosts"] = [.string(text)]
        members["zones"] = [.string(text)]
        members["allowedPrincipals"] = [.string(text)]
        members["actions"] = ["accept", "reject"]
        members["warnings"] = [.string(text)]
        members["awaitingRestart"] = [.string(text)]
        members["actor"] = ["name": .string(text), "address": .string(text)]
        members["before"] = ["name": .string(text)]
        members["after"] = ["name": .string(text + "2")]
        return .object(members)
    }()

    private static let me: JSONValue = [
        "name": .string(text), "role": "administer", "kind": "account", "address": .string(text),
    ]

    private static let list = ListAnswer(items: [answer], page: 2, size: 1, total: 3)

    private static func pages() -> [any ConsolePage] {
        let nested: JSONValue = [
            "lists": [answer], "examples": [answer], "sessions": [answer], "denials": [answer],
            "unknown": [answer], "listeners": [answer], "warnings": [.string(text)],
            "publicConnection": answer, "mode": "specific", "warehouses": [answer],
            "managementCertificate": answer, "singleSignOn": answer, "password": true,
        ]
        let links = PrivateLinkPage.Answers(
            warehouse: answer,
            endpoints: [answer],
            services: [answer],
            outbound: [answer],
            seen: nested,
            examples: [text: nested]
        )
        return [
            PublicLinkPage(
                PublicLinkPage.Answers(
                    warehouse: answer,
                    whitelist: nested,
                    entries: list,
                    examples: nested,
                    explanation: [answer]
                ),
                me: me,
                filter: (text, text)
            ),
            SessionsPage(warehouse: answer, sessions: nested, me: me, text: ""),
            DenialsPage(warehouse: answer, denials: nested, me: me, text: ""),
            ExplainPage(
                warehouse: answer,
                me: me,
                question: ExplainPage.Question { _ in text },
                answer: [answer],
                near: [answer],
                failure: text
            ),
            ActivityPage(list, filter: (text, text, text)),
            OverviewPage(
                warehouse: answer,
                status: nested,
                counts: ["steps": 3, "stepSeconds": 600],
                standing: [answer],
                at: UnixTime(seconds: 1_000_000)
            ),
            PrivateLinkPage(links, me: me),
            InboundSetupPage(links, me: me, cloud: text),
            OutboundSetupPage(
                links,
                registered: [answer],
                identities: answer,
                me: me,
                cloud: text
            ),
            KeysPage(list, warehouses: [answer]),
            AccountsPage(list, logins: [answer], ways: nested),
            NoticesPage(standing: [answer], webhooks: [answer]),
            GatewayPage(
                status: nested,
                certificates: [
                    "certificates": [["certificate": answer, "daysLeft": 3]],
                    "managed": [answer],
                ],
                denials: ["denials": [answer], "total": 5],
                egress: nested
            ),
            AccountPage(account: answer, me: me, logins: [answer]),
        ]
    }

    @Test("It is escaped wherever a page shows it, in elements and in attributes")
    func escaped() throws {
        let console = try Console()
        let frame = Frame(
            path: "/console/x",
            me: Self.me,
            warehouses: [Self.answer],
            warehouse: nil
        )
        for page in Self.pages() {
            let html = console.html(of: page, in: frame)
            #expect(html.utf8.count > 1_000, "\(type(of: page))")
            #expect(!html.contains("<script>alert"), "\(type(of: page))")
            #expect(!html.contains("<img"), "\(type(of: page))")
            // Each quote with the mark is one that was not escaped.
            #expect(!html.unicodeScalars.contains(quoteWithMark: true), "\(type(of: page))")
        }
    }

    @Test("Whatever the page to sign in is told stays text too")
    func signIn() throws {
        let page = SignInPage(
            ways: ["password": true, "singleSignOn": Self.answer],
            returnPath: Self.text
        )
        let html = try Console().html(of: page)
        #expect(!html.contains("<script>alert") && html.contains("&lt;script&gt;"))
        #expect(!html.unicodeScalars.contains(quoteWithMark: true))
    }
}

extension String.UnicodeScalarView {
    /// Whether a quote or an angle bracket is followed by a combining mark: no page has that of its
    /// own.
    fileprivate func contains(quoteWithMark: Bool) -> Bool {
        zip(self, dropFirst()).contains { "\"'<>".unicodeScalars.contains($0) && $1 == "\u{301}" }
    }
}
