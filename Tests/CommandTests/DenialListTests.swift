import Addresses
import CIDRTrie
import Operations
import Policy
import Testing
import Time

@testable import sluice

@Suite("The table of sluice denials")
struct DenialListTests {
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
        let text = DenialListText(DenialList(denials: records, total: 3)).description
        #expect(text.components(of: "proxyProtocol.trusted") == 1)
        #expect(text.contains("10.0.0.2/32  W"))
        #expect(DenialListText(DenialList()).description == "no denials\n")
    }

    @Test("A table without rows still shows how many there are, and how many were forgotten")
    func hidden() {
        let text = DenialListText(DenialList(total: 3, forgotten: 9)).description
        #expect(text.contains("3 more") && text.contains("9 denials"))
        #expect(!text.contains("no denials"))
    }

    @Test("A denial's own message replaces that of its reason")
    func detail() throws {
        let block = try CIDRBlock(parsing: "10.0.0.1/32")
        var record = DenialRecord(
            warehouse: "W",
            listener: "0.0.0.0:9031",
            source: block,
            endpoint: EndpointName(.aws, "vpce-1"),
            reason: .badProxyHeader,
            rule: block,
            detail: "it names two endpoints",
            firstSeen: UnixTime(seconds: 0),
            lastSeen: UnixTime(seconds: 0)
        )
        let text = DenialListText(DenialList(denials: [record], total: 1)).description
        #expect(text.contains("badProxyHeader: it names two endpoints"))
        #expect(!text.contains(DenialReason.badProxyHeader.advice))
        for cell in ["0.0.0.0:9031", "aws:vpce-1", "10.0.0.1/32"] { #expect(text.contains(cell)) }
        record.detail = ""
        let other = DenialListText(DenialList(denials: [record], total: 1)).description
        #expect(other.contains(DenialReason.badProxyHeader.advice))
    }
}

extension String {
    /// How often `word` stands in the text.
    fileprivate func components(of word: String) -> Int { ranges(of: word).count }
}
