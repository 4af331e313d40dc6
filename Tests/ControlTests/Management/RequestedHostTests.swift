import Testing

@testable import Control

@Suite("The host of a request")
struct RequestedHostTests {
    private func isKnown(_ authority: String?) -> Bool {
        RequestedHost(authority: authority).isKnown(among: ["gateway.example"])
    }

    @Test(
        "An address, localhost, and the names of the configuration are known",
        arguments: [
            "127.0.0.1", "127.0.0.1:7080", "10.1.2.3:80", "[::1]", "[::1]:7080", "[2001:db8::7]:1",
            "localhost", "LocalHost:7080", "localhost.", "gateway.example", "GATEWAY.example.:7080",
            "127.0.0.1:", "",
        ]
    )
    func known(authority: String) {
        #expect(isKnown(authority))
    }

    @Test(
        "Any other name is not, whatever it looks like",
        arguments: [
            "evil.example", "evil.example:7080", "127.0.0.1.evil.example", "localhost.evil.example",
            "evil.gateway.example", "gateway.example.evil", "localhost:evil", "127.0.0.1:1:2",
            "::1",
            "[::1", "[evil]", "[127.0.0.1]", "[::1]evil", "[::1]:evil", "0x7f.1", "2130706433",
            "127.1", "127.0.0.1@evil.example", "localhost:70800", " localhost",
        ]
    )
    func unknown(authority: String) {
        #expect(!isKnown(authority))
    }

    @Test("A request without a host does not come from a browser")
    func none() {
        #expect(isKnown(nil))
    }
}
