import Addresses
import Settings
import Testing

@testable import Engine

@Suite("The choice of the congestion control")
struct CongestionPolicyTests {
    private static let loopback = IPAddress.v4(IPv4Address(127, 0, 0, 1))
    private static let loopback6 = IPAddress.v6(IPv6Address(high: 0, low: 1))
    private static let remote = IPAddress.v4(IPv4Address(192, 0, 2, 1))
    private static let any = IPAddress.v4(IPv4Address(0, 0, 0, 0))

    private static func policy(
        _ setting: CongestionControl,
        system: String,
        has available: Set<String> = ["cubic", "reno"]
    ) -> CongestionPolicy {
        CongestionPolicy(setting, system: system) { available.contains($0) }
    }

    @Test("If the system paces, the loopback interface does not", arguments: ["bbr", "bbr3"])
    func pacing(system: String) {
        let policy = Self.policy(.automatic, system: system)
        #expect(policy.name(for: Self.loopback) == "cubic")
        #expect(policy.name(for: Self.loopback6) == "cubic")
        #expect(policy.name(for: Self.remote) == nil)
        #expect(policy.name(for: Self.any) == nil)
    }

    @Test("A kernel without CUBIC has Reno, and one that offers neither keeps its own")
    func fallback() {
        let reno = Self.policy(.automatic, system: "bbr", has: ["reno"])
        #expect(reno.name(for: Self.loopback) == "reno")
        let none = Self.policy(.automatic, system: "bbr", has: [])
        #expect(none.name(for: Self.loopback) == nil)
    }

    @Test("If the system does not pace, nothing is changed", arguments: ["cubic", "dctcp", ""])
    func unpaced(system: String) {
        #expect(Self.policy(.automatic, system: system).name(for: Self.loopback) == nil)
    }

    @Test("The system's and a named one apply everywhere")
    func fixed() {
        #expect(Self.policy(.system, system: "bbr").name(for: Self.loopback) == nil)
        let named = Self.policy(.named("bbr"), system: "cubic")
        #expect(named.name(for: Self.loopback) == "bbr")
        #expect(named.name(for: Self.remote) == "bbr")
    }

    @Test("A name that the kernel does not know is an error at startup, with a remedy")
    func unknown() throws {
        let error = #expect(throws: GatewayError.self) {
            try CongestionPolicy(.named("no-such-thing"))
        }
        let text = try #require(error).description
        #expect(text.hasPrefix("engine.congestionControl: no-such-thing is not available"))
        #expect(text.contains("tcp_available_congestion_control"))
        #expect(throws: Never.self) { try CongestionPolicy(.named("reno")) }
    }
}
