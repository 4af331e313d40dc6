import Addresses
import CIDRTrie
import Core
import Testing

@Suite("What an operator is told of denials")
struct DenialAdviceTests {
    @Test(
        "Every reason has one sentence with a cause and a remedy",
        arguments: DenialReason.allCases
    )
    func sentence(reason: DenialReason) {
        #expect(reason.advice.contains(";") || reason.advice.contains(":"))
        #expect(!reason.advice.contains("\n") && reason.advice.count < 200)
    }

    @Test("The table names each reason's advice once")
    func table() {
        let records = (0..<3).map { number in
            DenialRecord(
                warehouse: "W",
                source: CIDRBlock(containing: .v4(IPv4Address(10, 0, 0, number)), prefixLength: 32),
                reason: .untrustedProxySource,
                count: 2,
                firstSeen: UnixTime(seconds: 0),
                lastSeen: UnixTime(seconds: 5)
            )
        }
        let text = DenialList(records).description
        #expect(text.components(of: "proxyProtocol.trusted") == 1)
        #expect(text.contains("10.0.0.2/32  W"))
        #expect(DenialList([]).description == "nobody was denied\n")
    }
}

extension String {
    /// How often `word` stands in the text.
    fileprivate func components(of word: String) -> Int { ranges(of: word).count }
}
