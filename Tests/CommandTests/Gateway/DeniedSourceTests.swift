import Addresses
import CIDRTrie
import Operations
import Policy
import Testing
import Time

@testable import sluice

@Suite("Admitting a denied client")
struct DeniedSourceTests {
    private func denial(_ reason: DenialReason, warehouse: String? = "A") throws -> DenialRecord {
        DenialRecord(
            warehouse: warehouse,
            source: try CIDRBlock(parsing: "203.0.113.7/32"),
            reason: reason,
            count: 1,
            firstSeen: UnixTime(seconds: 0),
            lastSeen: UnixTime(seconds: 0)
        )
    }

    private func message(_ denials: [DenialRecord]) -> String {
        do throws(CommandFailure) {
            return "\(try DeniedSource(denials, address: "203.0.113.7"))"
        } catch {
            return error.message
        }
    }

    @Test("The source is added to the whitelist that had no entry for it")
    func source() throws {
        let denials = [try denial(.deniedByRule, warehouse: "B"), try denial(.notInWhitelist)]
        let denied = try DeniedSource(denials, address: "203.0.113.7")
        #expect(denied.warehouse == "A" && denied.source.description == "203.0.113.7/32")
    }

    @Test("If an entry would not help, the remedy is shown")
    func otherReason() throws {
        let text = message([try denial(.deniedByRule)])
        #expect(text.contains("deniedByRule") && text.contains(DenialReason.deniedByRule.advice))
        #expect(message([]).contains("no denial of 203.0.113.7"))
    }

    @Test("If several warehouses denied it, one has to be named")
    func several() throws {
        let text = message([
            try denial(.notInWhitelist), try denial(.notInWhitelist, warehouse: "B"),
        ])
        #expect(text.contains("--warehouse with one of A, B"))
    }
}
