import Addresses
import CIDRTrie
import Configurations
import Operations
import Policy
import Settings
import Testing
import Time
import Traffic

@testable import sluice

@Suite("The lines of sluice explain")
struct ExplanationTextTests {
    private func text(
        showsRoutes: Bool = false,
        _ change: (inout AccessExplanation) throws -> Void
    ) throws -> String {
        let address = SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 9030)
        let rule = Rule(
            block: try CIDRBlock(parsing: "10.0.0.0/8"),
            action: .allow,
            description: "office"
        )
        var explanation = AccessExplanation(
            Listener(of: "W", protocol: .mysql, address: address, link: .public, backends: []),
            name: "127.0.0.1:9030",
            of: "W",
            policy: .entries(Whitelist(mode: .specific, rules: [rule])),
            AccessQuestion(
                client: try IPAddress(parsing: "10.1.2.3"),
                at: UnixTime(seconds: 1_795_428_000)
            )
        )
        try change(&explanation)
        return ExplanationText([explanation], showsRoutes: showsRoutes).description
    }

    @Test("The rule that decides, with its description")
    func rule() throws {
        let expected = "allow  127.0.0.1:9030 (mysql, public)  by rule 10.0.0.0/8 (office)\n"
        #expect(try text { _ in } == expected)
    }

    @Test("If the client says where it wants to go, its warehouse and route are shown")
    func route() throws {
        let text = try text(showsRoutes: true) { $0.route = "serverName: w.gw.example" }
        let expected =
            "allow  127.0.0.1:9030 (mysql, public, tls off)  to warehouse W"
            + " (serverName: w.gw.example), by rule 10.0.0.0/8 (office)\n"
        #expect(text == expected)
        let other = try self.text(showsRoutes: true) { explanation in
            (explanation.leadsTo, explanation.warehouse) = ("V", nil)
            explanation.route = "userSuffix: V"
        }
        #expect(other.hasSuffix("clients are routed to warehouse V (userSuffix: V)\n"))
    }

    @Test("A rule that has expired is named, with its time")
    func expired() throws {
        let text = try text { explanation in
            explanation.expired = AccessExplanation.ExpiredRule(
                rule: try CIDRBlock(parsing: "10.1.0.0/16"),
                action: .deny,
                description: "incident\n4711",
                expiredAt: UnixTime(seconds: 1_795_428_000)
            )
        }
        let words = "the deny rule 10.1.0.0/16 (incident 4711) expired at 2026-11-23T10:00:00Z\n"
        #expect(text.hasSuffix(words), "\(text)")
    }

    @Test("If only a load balancer may connect, that is stated")
    func header() throws {
        let text = try text { $0.requiresHeader = true }
        #expect(text.contains("if named by a load balancer in proxyProtocol.trusted"), "\(text)")
    }

    @Test("If there is no listener, there is still a message")
    func none() {
        #expect(ExplanationText([]).description.contains("any listener of the warehouse"))
    }
}

@Suite("The client of sluice explain")
struct ExplainedSourceTests {
    @Test(
        "What is not one address gets the remedy for what it probably is",
        arguments: [
            ("10.0.0.1:3306", "did you mean 10.0.0.1?"), ("[::1]:80", "did you mean ::1?"),
            ("127.0.0.0/24", "such as 127.0.0.0"), ("10.0.0.1-10.0.0.9", "such as 10.0.0.1"),
            ("db.example.com", "name"), ("10.0.0.256", "greater than 255"),
        ]
    )
    func remedy(text: String, words: String) {
        #expect {
            try ExplainAccessCommand.address(text)
        } throws: { error in
            "\(error)".contains(words)
        }
    }
}
