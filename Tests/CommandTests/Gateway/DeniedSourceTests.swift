import Addresses
import CIDRTrie
import Foundation
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
        let text = message([try denial(.unknownEndpoint)])
        let advice = DenialReason.unknownEndpoint.advice
        #expect(text.contains("unknownEndpoint") && text.contains(advice))
        #expect(message([]).contains("no denial of 203.0.113.7"))
    }

    private func entries(_ json: String, rule: String? = nil) throws -> DeniedSourceEntries {
        var denial = try denial(rule == nil ? .notInWhitelist : .deniedByRule)
        denial.rule = try rule.map { try CIDRBlock(parsing: $0) }
        let entries = try JSONDecoder().decode([EntryView].self, from: Data(json.utf8))
        return DeniedSourceEntries(try DeniedSource([denial], address: "203.0.113.7"), entries)
    }

    @Test(
        "An entry for the source itself is changed by the command that is shown",
        arguments: [
            (#""action":"allow","enabled":false"#, "is disabled", "enable 12 -w A"),
            (#""action":"allow","expired":true"#, "has expired", "change 12 --no-expiry -w A"),
            (
                #""action":"allow","expired":true,"enabled":false"#, "is disabled and has expired",
                "change 12 --no-expiry -w A; sluice whitelist enable 12 -w A"
            ),
            (#""action":"allow""#, "admits it now", "nothing to do"),
            (#""action":"deny","enabled":false"#, "denies 203.0.113.7/32", "remove 12 -w A"),
        ]
    )
    func ownEntry(state: String, words: String, command: String) throws {
        let json = #"[{"entryId":"12","list":"entries","cidr":"203.0.113.7/32",\#(state)}]"#
        let text = try #require(try entries(json).obstacle)
        #expect(text.contains(words) && text.contains(command), "\(text)")
    }

    @Test("A wider entry is no obstacle, but is mentioned if it has no effect")
    func widerEntry() throws {
        let wide = #""cidr":"203.0.113.0/24","action":"allow""#
        let json = """
            [{"entryId":"1","list":"entries",\(wide),"enabled":false},\
            {"list":"group:a b",\(wide),"expired":true},\
            {"list":"file:office.cidrs",\(wide),"expired":true}]
            """
        let found = try entries(json)
        #expect(found.obstacle == nil)
        #expect(
            found.hints == [
                "note: entry 1: allow 203.0.113.0/24 is disabled (sluice whitelist enable 1 -w A),"
                    + " and has 203.0.113.7/32 too",
                "note: allow 203.0.113.0/24 of group:a b has expired (sluice whitelist change"
                    + " 203.0.113.0/24 --no-expiry --group 'a b'), and has 203.0.113.7/32 too",
                "note: allow 203.0.113.0/24 of file:office.cidrs has expired (edit office.cidrs,"
                    + " then sluice reload), and has 203.0.113.7/32 too",
            ]
        )
    }

    @Test("A deny entry is named with the command that removes it, unless it is gone")
    func denyEntry() throws {
        let json = #"[{"entryId":"9","list":"entries","cidr":"203.0.113.0/24","action":"deny"}]"#
        let text = try #require(try entries(json, rule: "203.0.113.0/24").obstacle)
        #expect(text.contains("entry 9: deny 203.0.113.0/24"))
        #expect(text.contains("sluice whitelist remove 9 -w A"))
        #expect(try entries("[]", rule: "203.0.113.0/24").obstacle == nil)
    }

    @Test("If several warehouses denied it, one has to be named")
    func several() throws {
        let text = message([
            try denial(.notInWhitelist), try denial(.notInWhitelist, warehouse: "B"),
        ])
        #expect(text.contains("--warehouse with one of A, B"))
    }
}
