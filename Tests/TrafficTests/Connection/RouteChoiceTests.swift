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
        case .destination(let name, _): .to(name)
        case .none(let reason, _): .denied(reason)
        }
    }

    @Test("Each claim leads to its route, and nothing claimed to the default")
    func claims() {
        #expect(Self.choose(.hello("b.gw.example")) == .to("B"))
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
        #expect(Self.choose(endpoint: endpoint, .hello("b.gw.example")) == .to("E"))
        let other = EndpointName(.aws, "vpce-2")
        #expect(Self.choose(endpoint: other, .hello("b.gw.example")) == .to("B"))
    }

    @Test("An unknown name under the domain is denied; one outside of it is none")
    func unknownNames() {
        #expect(Self.choose(.hello("c.gw.example")) == .denied(.unknownName))
        #expect(Self.choose(.hello("gw.example")) == .denied(.unknownName))
        #expect(Self.choose(.host("c.gw.example")) == .denied(.unknownName))
        #expect(Self.choose(.hello("c.other.example")) == .to("D"))
        #expect(Self.choose(.hello("notgw.example")) == .to("D"))
    }

    @Test("Claims that contradict each other are denied, those that agree are not")
    func contradictions() {
        let toB = Finding.login(LoginClaims(userSuffix: "b"))
        #expect(Self.choose(.hello("a.gw.example"), toB) == .denied(.contradictingNames))
        #expect(Self.choose(.hello("b.gw.example"), toB) == .to("B"))
        let both = Finding.login(LoginClaims(userSuffix: "a", database: "sales"))
        #expect(Self.choose(both) == .denied(.contradictingNames))
    }

    @Test("A name has one route, whether TLS or a request asks for it")
    func oneName() {
        let table = RouteTable<String>(
            [(.serverName("a.gw.example"), "A"), (.host("b.gw.example"), "B")],
            domain: "gw.example"
        )
        for (name, destination) in [("a.gw.example", "A"), ("b.gw.example", "B")] {
            let claims: [[Finding]] = [
                [.hello(name)], [.host(name)], [.hello(name), .host(name)],
                [.hello("x.other.example"), .host(name)],
            ]
            for findings in claims {
                var introduction = Introduction()
                for finding in findings { introduction.add(finding) }
                guard case .destination(destination, _) = table.choose(endpoint: nil, introduction)
                else {
                    Issue.record("\(findings)")
                    continue
                }
            }
        }
        let two: [Finding] = [.hello("a.gw.example"), .host("b.gw.example")]
        #expect(Self.choose(table: table, two[0], two[1]) == .denied(.contradictingNames))
    }

    @Test("The detail of a denial has the claims that led there")
    func details() {
        func detail(_ findings: Finding...) -> String {
            var introduction = Introduction()
            for finding in findings { introduction.add(finding) }
            let table = RouteTable<String>(
                [(.serverName("a.gw.example"), "A"), (.database("sales"), "B")],
                domain: "gw.example"
            )
            guard case .none(_, let detail) = table.choose(endpoint: nil, introduction) else {
                return "admitted"
            }
            return detail
        }
        let sales = Finding.login(LoginClaims(database: "sales"))
        #expect(detail() == "")
        #expect(detail(.hello("c.gw.example")) == "serverName: c.gw.example")
        #expect(
            detail(.hello("a.gw.example"), sales)
                == "serverName: a.gw.example and database: sales"
        )
        let other = Finding.login(LoginClaims(userSuffix: "x", database: "y"))
        #expect(detail(other) == "userSuffix: x, database: y")
        let long = Finding.login(LoginClaims(database: String(repeating: "y", count: 60_000)))
        #expect(detail(long).utf8.count < 110)
    }

    @Test("A load balancer's name counts as the client's own, and must not contradict it")
    func authority() {
        func choose(_ own: String?) -> RouteTable<String>.Choice {
            var introduction = Introduction()
            introduction.add(authority: "b.gw.example")
            if let own { introduction.add(.hello(own)) }
            return Self.table.choose(endpoint: nil, introduction)
        }
        for own in [nil, "b.gw.example", "balancer.other.example"] {
            guard case .destination("B", _) = choose(own) else {
                Issue.record("\(own ?? "none")")
                continue
            }
        }
        guard case .none(.contradictingNames, _) = choose("a.gw.example") else {
            Issue.record("two names are accepted")
            return
        }
    }

    @Test("Without a default, a client without a name has no route")
    func noDefault() {
        let table = RouteTable<String>([(.serverName("a.gw.example"), "A")])
        #expect(Self.choose(table: table) == .denied(.noRoute))
        #expect(Self.choose(table: table, .hello("c.gw.example")) == .denied(.noRoute))
        #expect(!table.isUniform)
    }
}

extension Finding {
    /// A ClientHello with this name.
    fileprivate static func hello(_ name: String) -> Finding { .clientHello(serverName: name) }
}
