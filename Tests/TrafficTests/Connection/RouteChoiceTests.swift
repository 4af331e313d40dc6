import Policy
import Testing

@testable import Traffic

@Suite("The choice of a route")
struct RouteChoiceTests {
    private static let table = RouteTable<String>(
        [
            (.serverName("a.gw.example"), "A"), (.serverName("b.gw.example"), "B"),
            (.host("a.gw.example"), "A"), (.userSuffix("a"), "A"), (.userSuffix("b"), "B"),
            (.database("sales"), "B"), (.attribute("blue"), "A"),
            (.endpoint(EndpointName(.aws, "vpce-1")), "E"), (.default, "D"),
        ],
        domain: "gw.example"
    )

    private enum Outcome: Equatable {
        case to(String)
        case denied(DenialReason)
    }

    private static func choose(
        endpoint: EndpointName? = nil,
        table: RouteTable<String> = table,
        _ findings: Finding...
    ) -> Outcome {
        var introduction = Introduction()
        for finding in findings { introduction.add(finding) }
        return switch table.choose(endpoint: endpoint, introduction) {
        case .destination(let name): .to(name)
        case .none(let reason): .denied(reason)
        }
    }

    @Test("Each claim leads to its route, and nothing claimed to the default")
    func claims() {
        #expect(Self.choose(.serverName("b.gw.example")) == .to("B"))
        #expect(Self.choose(.host("a.gw.example")) == .to("A"))
        #expect(Self.choose(.login(LoginClaims(userSuffix: "b"))) == .to("B"))
        #expect(Self.choose(.login(LoginClaims(attribute: "blue"))) == .to("A"))
        #expect(Self.choose(.login(LoginClaims(database: "sales"))) == .to("B"))
        #expect(Self.choose() == .to("D"))
        #expect(Self.choose(.login(LoginClaims(database: "other"))) == .to("D"))
    }

    @Test("What the network attests goes before what the client claims")
    func endpoints() {
        let endpoint = EndpointName(.aws, "vpce-1")
        #expect(Self.choose(endpoint: endpoint, .serverName("b.gw.example")) == .to("E"))
        let other = EndpointName(.aws, "vpce-2")
        #expect(Self.choose(endpoint: other, .serverName("b.gw.example")) == .to("B"))
    }

    @Test("An unknown name under the domain is denied; one outside of it is none")
    func unknownNames() {
        #expect(Self.choose(.serverName("c.gw.example")) == .denied(.unknownName))
        #expect(Self.choose(.serverName("gw.example")) == .denied(.unknownName))
        #expect(Self.choose(.host("c.gw.example")) == .denied(.unknownName))
        #expect(Self.choose(.serverName("c.other.example")) == .to("D"))
        #expect(Self.choose(.serverName("notgw.example")) == .to("D"))
    }

    @Test("Claims that contradict each other are denied, those that agree are not")
    func contradictions() {
        let toB = Finding.login(LoginClaims(userSuffix: "b"))
        #expect(Self.choose(.serverName("a.gw.example"), toB) == .denied(.contradictingNames))
        #expect(Self.choose(.serverName("b.gw.example"), toB) == .to("B"))
        let both = Finding.login(LoginClaims(userSuffix: "a", database: "sales"))
        #expect(Self.choose(both) == .denied(.contradictingNames))
    }

    @Test("A load balancer's name counts as the client's, unless the client's own is known")
    func authority() {
        var introduction = Introduction()
        introduction.add(authority: "b.gw.example")
        #expect(introduction.serverName == "b.gw.example")
        introduction.add(.serverName("a.gw.example"))
        #expect(introduction.serverName == "a.gw.example")
    }

    @Test("Without a default, a client without a name has no route")
    func noDefault() {
        let table = RouteTable<String>([(.serverName("a.gw.example"), "A")])
        #expect(Self.choose(table: table) == .denied(.noRoute))
        #expect(Self.choose(table: table, .serverName("c.gw.example")) == .denied(.noRoute))
        #expect(!table.isUniform)
    }
}
