import Control
import Foundation
import Testing
import Time

@testable import sluice

@Suite("The tables of managed things")
struct ManagedTableTests {
    private func decode<Value: Decodable>(_ text: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    private func listing<Element: Decodable>(_ text: String, total: Int? = nil) throws
        -> ManagementClient.Listing<Element>
    {
        let elements: [Element] = try decode(text)
        return ManagementClient.Listing(elements: elements, total: total ?? elements.count)
    }

    @Test("Entries, with what is not shown")
    func entries() throws {
        let list: ManagementClient.Listing<EntryView> = try listing(
            """
            [{"entryId":"12","list":"entries","cidr":"203.0.113.0/24","action":"allow","hits":1734,\
            "description":"office\\u001b","enabled":true,"lastHitAt":"2026-11-29T02:00:00Z"},\
            {"entryId":null,"list":"file:a.cidrs","cidr":"2001:db8::/32","action":"deny",\
            "enabled":true,"expired":true,"expiresAt":"2026-01-01T00:00:00Z","description":null}]
            """,
            total: 5
        )
        let expected = """
            ID  LIST          CIDR            ACTION  STATE    EXPIRES               HITS  LAST HIT              DESCRIPTION
            12  entries       203.0.113.0/24  allow   enabled  -                     1734  2026-11-29T02:00:00Z  office
            -   file:a.cidrs  2001:db8::/32   deny    expired  2026-01-01T00:00:00Z     -  -                     -
            and 3 more (raise --limit to show them)

            """
        #expect(list.table == expected)
        let none: ManagementClient.Listing<EntryView> = try listing("[]")
        #expect(none.table == "no entries\n")
    }

    @Test("A whitelist's mode is explained")
    func whitelist() throws {
        let whitelist: WhitelistView = try decode(
            """
            {"warehouseId":"AW1","mode":"specific","version":41,"groups":["office"],"lists":\
            [{"list":"entries","count":12,"readOnly":false},\
            {"list":"file:a.cidrs","count":900,"readOnly":true}],"warnings":["2 entries expired"]}
            """
        )
        let expected = """
            whitelist of AW1: mode specific (only clients with an allow entry are admitted), version 41
            warning: 2 entries expired

            LIST          ENTRIES  NOTE
            entries            12  -
            file:a.cidrs      900  read-only

            """
        #expect(whitelist.text == expected)
    }

    @Test("A key is shown without a secret, and without warehouses it is for all")
    func key() throws {
        let text = """
            {"keyId":"3","name":"ci","maskedKey":"sk-b****V59R","role":"operate","status":"enabled",\
            "warehouses":null,"createdAt":"2026-11-29T02:00:00Z","createdBy":"root"}
            """
        let key: KeyView = try decode(text)
        let expected = """
            id          3
            name        ci
            key         sk-b****V59R
            role        operate
            warehouses  all
            status      enabled
            created     2026-11-29T02:00:00Z by root
            expires     -
            last used   never
            sources     -

            """
        #expect(key.text == expected)
        let list: ManagementClient.Listing<KeyView> = try listing("[\(text)]")
        #expect(list.table.contains("3   ci    operate  all         enabled"))
    }

    @Test("A change, its trial and its effect take one line")
    func change() {
        let effect = ChangeEffect(version: 1, closesSessions: 2, warnings: nil)
        #expect(
            "\(ChangeText("added x", effect: effect, isTrial: false))"
                == "added x; closes 2 sessions\n"
        )
        #expect("\(ChangeText("added x", effect: nil, isTrial: true))" == "dry run: would add x\n")
        #expect(
            "\(ChangeText("set a\n2 lists", effect: effect, isTrial: true))"
                == "dry run: would set a\n2 lists; would close 2 sessions\n"
        )
        let trial: ChangeEffect? = try? decode(
            #"{"warnings":["a"],"needsConfirmation":["it cuts off 203.0.113.7"]}"#
        )
        let notes = ["warning: a", "would need --yes: it cuts off 203.0.113.7"]
        #expect(trial?.notes(isTrial: true) == notes)
        #expect(trial?.notes(isTrial: false) == ["warning: a"], "it was confirmed")
    }

    @Test("The counts of an import, and the lines that are not understood")
    func imports() throws {
        let view: ImportView = try decode(
            """
            {"added":3,"changed":0,"removed":1,"unchanged":12,"errors":\
            [{"line":4,"text":"x","message":"not an address"}]}
            """
        )
        #expect(view.words == "3 added, 1 removed, 12 unchanged")
        #expect(view.errorTable == "LINE  TEXT  ERROR\n   4  x     not an address")
    }

    @Test("A preview lists what is added, changed, kept and removed, and counts the rest")
    func preview() throws {
        let view: ImportView = try decode(
            """
            {"added":2,"changed":1,"removed":1,"kept":1,"unchanged":3,"errors":[],"entries":[\
            {"outcome":"kept","cidr":"10.0.0.0/8","entryId":"4","line":1,\
            "differences":["enabled","expiresAt"],\
            "listed":{"action":"allow","enabled":false,"expiresAt":"2100-01-01T00:00:00Z"},\
            "imported":{"action":"allow","enabled":true}},\
            {"outcome":"unchanged","cidr":"10.1.0.0/16","entryId":"5","line":2},\
            {"outcome":"added","cidr":"10.2.0.1","entryId":"9","line":3,\
            "imported":{"action":"deny","description":"lab"}},\
            {"outcome":"removed","cidr":"10.3.0.1","entryId":"6","listed":{"action":"allow"}}]}
            """
        )
        let expected = """
            2 added, 1 changed, 1 removed, 1 kept, 3 unchanged
            OUTCOME  LINE  ID  CIDR        DETAIL
            kept        1  4   10.0.0.0/8  enabled no -> yes, expires 2100-01-01T00:00:00Z -> never
            added       3  9   10.2.0.1    deny, lab
            removed     -  6   10.3.0.1    allow
            and 1 more added, 1 more changed
            1 entry differs and stays as before (use --update to change it)
            """
        #expect(view.previewText == expected)
    }

    @Test("Of several new entries, those that were there before are named with their state")
    func additions() throws {
        let view: ImportView = try decode(
            """
            {"added":2,"kept":1,"unchanged":0,"entries":[\
            {"outcome":"added","cidr":"10.0.0.1","entryId":"7","line":1,\
            "imported":{"action":"allow","enabled":true}},\
            {"outcome":"kept","cidr":"10.0.0.2","entryId":"3","line":2,\
            "listed":{"action":"deny","enabled":false},"imported":{"action":"allow"}}]}
            """
        )
        let expected = """
            added entry 7: allow 10.0.0.1
            10.0.0.2 is already in the list: entry 3: deny 10.0.0.2 (disabled)
            and 1 more
            """
        #expect(view.additionText == expected && view.presentCount == 1)
    }

    @Test("An exported list has only what decides")
    func export() throws {
        let entries: [EntryView] = try decode(
            """
            [{"cidr":"10.0.0.0/8","action":"allow","description":"a\\nb"},\
            {"cidr":"10.0.0.1/32","action":"deny"},\
            {"cidr":"10.2.0.0/16","action":"allow","enabled":false},\
            {"cidr":"10.3.0.0/16","action":"allow","expired":true}]
            """
        )
        #expect("\(ExportedList(entries, isDeny: false))" == "10.0.0.0/8  # a b\n")
        #expect("\(ExportedList(entries, isDeny: true))" == "10.0.0.1/32\n")
    }

    @Test("An audit event needs neither an actor nor a warehouse")
    func audit() throws {
        let events: ManagementClient.Listing<AuditEventView> = try listing(
            """
            [{"number":7,"at":"2026-11-29T02:00:00Z","actor":{"kind":"key","name":"ci",\
            "address":"203.0.113.7"},"action":"entry.add","warehouse":"AW1","target":"12"},\
            {"number":6,"at":"2026-11-29T01:00:00Z","action":"start"}]
            """
        )
        let expected = """
            NUMBER  AT                    ACTOR  FROM         ACTION     WAREHOUSE  TARGET  NOTE
                 7  2026-11-29T02:00:00Z  ci     203.0.113.7  entry.add  AW1        12      -
                 6  2026-11-29T01:00:00Z  -      -            start      -          -       -

            """
        #expect(events.table == expected)
    }

    @Test("The audit names accounts, keys and webhooks, and what changed")
    func auditSubjects() throws {
        let subject = { (members: String) in
            let event: AuditEventView = try decode(
                #"{"number":1,"at":"2026-11-29T02:00:00Z","target":"a7",\#(members)}"#
            )
            let subject = AuditSubject(of: event)
            return [subject.target, subject.note]
        }
        #expect(
            try subject(
                #""action":"account.change","before":{"name":"anna","enabled":true,"role":"read"},"#
                    + #""after":{"name":"anna","enabled":false,"role":"operate","warehouses":["A","B"]}"#
            ) == ["anna (a7)", "enabled: yes -> no, role: read -> operate, warehouses: all -> A B"]
        )
        #expect(
            try subject(
                #""action":"account.login.fail","after":{"name":"anna","failures":10,"source":"::1"}"#
            ) == ["anna (a7)", "10 failures from ::1"]
        )
        #expect(
            try subject(#""action":"key.remove","before":{"name":"ci","role":"read"}"#)
                == ["ci (a7)", nil]
        )
        #expect(try subject(#""action":"webhook.rotate""#) == ["a7", nil])
        #expect(
            try subject(#""action":"entry.add","after":{"name":"x"},"note":"n""#) == ["a7", "n"]
        )
    }

    @Test("Lines are printed whole, however they arrive")
    func lines() {
        var rest: [UInt8] = []
        let taken = ["{\"a\"", ":1}\n{", "}\n{}\n", "x"].map {
            String(decoding: rest.takeLines(adding: Array($0.utf8)), as: UTF8.self)
        }
        #expect(taken == ["", "{\"a\":1}\n", "{}\n{}\n", ""])
        #expect(rest == Array("x".utf8))
    }
}

@Suite("Times on the command line")
struct TimeArgumentTests {
    private let now = UnixTime(seconds: 1_795_917_600)

    @Test("A duration counts from now, a time is itself")
    func future() throws {
        let time = { try TimeArgument.future($0, now: now).seconds }
        #expect(try time("24h") == now.seconds + 86_400)
        #expect(try time("90d") == now.seconds + 90 * 86_400)
        #expect(try time("2027-01-01T00:00:00Z") == 1_798_761_600)
    }

    @Test(
        "What is neither, or has passed, is rejected",
        arguments: ["", "soon", "5", "0s", "2020-01-01T00:00:00Z", "999999999999d"]
    )
    func invalid(text: String) {
        #expect(throws: (any Error).self) { try TimeArgument.future(text, now: now) }
    }

    @Test("Only y and yes confirm")
    func confirmation() {
        for answer in ["y", "Y", "yes", " YES "] { #expect(Confirmation.isYes(answer)) }
        for answer in [nil, "", "n", "no", "yep", "true"] { #expect(!Confirmation.isYes(answer)) }
    }

    @Test("A shell's words name the gateway and the warehouse to ask for ids")
    func completionWords() {
        let completion = IDCompletion(words: [
            "sluice", "-w", "A", "--management=127.0.0.1:1", "--group",
        ])
        #expect(completion.value(of: "--warehouse", "-w") == "A")
        #expect(completion.value(of: "--management") == "127.0.0.1:1")
        #expect(completion.value(of: "--group") == nil)
    }
}
