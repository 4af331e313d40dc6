import Addresses
import Testing

@testable import Settings

@Suite("Trusted proxies of the management address")
struct TrustedProxyTests {
    private func decoded(_ blocks: ConfigurationNode) -> DecodedConfiguration {
        SampleTree.public
            .setting(
                "management",
                to: ["listen": "127.0.0.1:7080", "trustedProxies": blocks]
            ).decoded()
    }

    @Test("Blocks, addresses and ranges are read; without the key, none is trusted")
    func blocks() throws {
        let topology = try #require(
            decoded(["10.0.0.0/24", "2001:db8::1", "10.1.0.0-10.1.0.3"]).configuration?.topology
        )
        #expect(
            try topology.management.trustedProxies
                == ["10.0.0.0/24", "2001:db8::1/128", "10.1.0.0/30"].map {
                    try CIDRBlock(parsing: $0)
                }
        )
        #expect(SampleTree.public.decoded().configuration?.topology.management.trustedProxies == [])
    }

    @Test("Trusting half of the internet is an error, also in parts")
    func wide() {
        for blocks: ConfigurationNode in [["0.0.0.0/0"], ["::/0"], ["0.0.0.0/2", "128.0.0.0/1"]] {
            let faults = decoded(blocks).faults
            #expect(faults.count == 1 && faults[0].message.contains("could forge"), "\(blocks)")
        }
    }

    @Test("What is not an address is an error at its place")
    func invalid() {
        let faults = decoded(["10.0.0.0/24", "proxy.internal"]).faults
        #expect(faults.map(\.path) == ["management.trustedProxies[1]"])
    }
}
