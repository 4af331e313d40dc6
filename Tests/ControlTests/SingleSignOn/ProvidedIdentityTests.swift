import Settings
import Store
import Testing
import Text

@testable import Control

@Suite("What a provider's claims give")
struct ProvidedIdentityTests {
    private static let rules: [SingleSignOn.RoleRule] = [
        .init(value: "readers", role: .read),
        .init(value: "analysts", role: .read, warehouses: ["W1"]),
        .init(value: "more", role: .read, warehouses: ["W2"]),
        .init(value: "leads", role: .operate, warehouses: ["W1"]),
        .init(value: "gone", role: .administer, warehouses: ["OLD"]),
        .init(value: "mixed", role: .operate, warehouses: ["W2", "OLD"]),
        .init(value: "dba", role: .administer),
    ]

    private func grant(_ values: Set<String>) -> RoleGrant? {
        RoleGrant(of: values, by: Self.rules, warehouses: ["W1", "W2"])
    }

    @Test("Without a rule that matches there is no role")
    func none() {
        for values: Set<String> in [[], ["other"], ["DBA"], ["dba "], ["db"], ["gone"]] {
            #expect(grant(values) == nil, "\(values)")
        }
    }

    @Test("The strongest role counts, and only with the warehouses of its own rules")
    func strongest() {
        for (values, role, warehouses): (Set<String>, Role, Set<String>?) in [
            (["analysts"], .read, ["W1"]), (["analysts", "more"], .read, ["W1", "W2"]),
            (["analysts", "readers"], .read, nil), (["leads", "readers"], .operate, ["W1"]),
            (["leads", "mixed"], .operate, ["W1", "W2"]), (["mixed"], .operate, ["W2"]),
            (["leads", "dba", "gone"], .administer, nil),
        ] {
            let grant = grant(values)
            #expect(grant?.role == role && grant?.warehouses == warehouses, "\(values)")
        }
    }

    private func identity(_ claims: JSONValue, claim: String = "groups") -> ProvidedIdentity {
        var settings = SingleSignOn.sample()
        settings.claim = claim
        return ProvidedIdentity(subject: "s", claims: claims, settings, warehouses: [])
    }

    @Test("The claim is a text or a list, perhaps inside others")
    func claim() {
        #expect(identity(["groups": "dba"]).grant?.role == .administer)
        #expect(identity(["groups": ["x", "dba", 5]]).grant?.role == .administer)
        #expect(identity(["realm": ["roles": ["dba"]]], claim: "realm.roles").grant != nil)
        #expect(
            identity(["https://x.example/g": ["dba"]], claim: "https://x.example/g").grant != nil
        )
        for groups: JSONValue in [5, true, .null, ["dba": true], [["dba"]], "dba admins"] {
            #expect(identity(["groups": groups]).grant == nil, "\(groups)")
        }
        #expect(identity(["roles": ["dba"]]).grant == nil)
    }

    @Test("A name is only shown: what is printable of it, up to 64 bytes")
    func name() {
        for (claims, name): (JSONValue, String) in [
            (["preferred_username": "ada", "name": "Ada", "email": "a@x"], "ada"),
            (["name": "Ada  Lovelace"], "Ada Lovelace"), (["email": "a@x"], "a@x"),
            (["name": "\u{202e}\n\u{7}", "email": "a@x"], "a@x"), ([:], "Company s"),
            (["name": "a\u{0}b\u{2028}c"], "abc"),
            (
                ["name": .string(String(repeating: "é", count: 40))],
                String(repeating: "é", count: 32)
            ),
        ] {
            #expect(identity(claims).name == name)
        }
    }
}
