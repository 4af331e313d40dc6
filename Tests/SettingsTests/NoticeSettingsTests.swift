import Addresses
import Testing

@testable import Settings

@Suite("Settings of notices")
struct NoticeSettingsTests {
    private func decoded(_ notices: ConfigurationNode) -> DecodedConfiguration {
        SampleTree.public
            .setting("management", to: ["listen": "127.0.0.1:7080", "notices": notices])
            .decoded()
    }

    @Test("Addresses that webhooks may have are blocks; without the key there are none")
    func allowed() throws {
        let topology = try #require(
            decoded(["allowed": ["127.0.0.1", "fe80::/64"], "backendDownAfter": "2m"])
                .configuration?.topology
        )
        #expect(
            try topology.management.notices.allowed
                == [CIDRBlock(parsing: "127.0.0.1/32"), CIDRBlock(parsing: "fe80::/64")]
        )
        #expect(topology.management.notices.backendDownAfter == .seconds(120))
        let standard = SampleTree.public.decoded().configuration?.topology.management.notices
        #expect(standard?.allowed == [] && standard?.backendDownAfter == .seconds(30))
    }

    @Test("What is not a block, or too long a time, is an error at its place")
    func invalid() {
        let faults = decoded(["allowed": ["localhost"], "backendDownAfter": "2h"]).faults
        #expect(
            faults.map(\.path).sorted()
                == ["management.notices.allowed[0]", "management.notices.backendDownAfter"]
        )
    }
}
