import Testing
import Text
import Time

@testable import Console

@Suite("Pages of the console")
struct PageTests {
    @Test("Numbers are grouped; amounts and times have the two units that matter")
    func shown() {
        #expect(1_204.grouped == "1,204" && 7.grouped == "7" && 1_000_000.grouped == "1,000,000")
        #expect(Shown.bytes(999) == "999 B" && Shown.bytes(1_450) == "1.5 kB")
        #expect(Shown.bytes(23_400_000) == "23 MB" && Shown.bytes(1_000_000_000) == "1.0 GB")
        #expect(Shown.duration(milliseconds: 900) == "900 ms")
        #expect(Shown.duration(milliseconds: 61_000) == "1 min")
        #expect(Shown.duration(milliseconds: 7_500_000) == "2 h 5 min")
        #expect(Shown.duration(milliseconds: 356_400_000) == "4 d 3 h")
    }

    @Test("A page of a list knows its neighbours and keeps the filter")
    func paging() {
        func paging(_ page: Int, _ count: Int, of total: Int) -> Paging {
            let items = [JSONValue](repeating: .null, count: count)
            return Paging(
                ListAnswer(items: items, page: page, size: 50, total: total),
                path: "/p",
                query: [("text", "a b"), ("list", "")]
            )
        }
        let first = paging(1, 50, of: 120)
        #expect(first.previous == nil && first.next == "/p?text=a%20b&page=2")
        #expect(first.summary == "1–50 of 120")
        let last = paging(3, 20, of: 120)
        #expect(last.previous == "/p?text=a%20b&page=2" && last.next == nil)
        #expect(last.summary == "101–120 of 120")
        #expect(paging(1, 0, of: 0).summary == "None of 0")
    }

    @Test("The top of a picture is a round number that no value exceeds")
    func levels() {
        #expect(
            [0, 1, 2, 3, 5, 11, 20, 21, 999].map(Picture.level) == [
                2, 2, 2, 4, 10, 20, 20, 40, 1_000,
            ]
        )
    }

    @Test("A list that admits everybody is said to, and what follows from a removal")
    func openList() throws {
        func page(_ standing: [JSONValue]) -> PublicLinkPage {
            let denial: JSONValue = [
                "entryId": "1", "cidr": "10.0.0.0/8", "list": "entries", "action": "deny",
            ]
            return PublicLinkPage(
                PublicLinkPage.Answers(
                    warehouse: ["warehouseId": "W1"],
                    whitelist: ["mode": "specific", "lists": []],
                    entries: ListAnswer(items: [denial], page: 1, size: 50, total: 1),
                    examples: nil,
                    explanation: nil,
                    standing: standing
                ),
                me: ["role": "operate"],
                filter: ("", "")
            )
        }
        #expect(page([["kind": "policyOpen", "warehouse": "W1"]]).mode.tone == "warn")
        #expect(page([["kind": "policyOpen", "warehouse": "W2"]]).mode.tone == "good")
        let removal = page([]).entries.first?.actions?.removalText
        #expect(removal?.hasPrefix("Its addresses are no longer denied") == true)
    }

    @Test("A certificate by ACME is shown with what went wrong, and when it is tried again")
    func managedCertificate() throws {
        let certificates: JSONValue = [
            "managed": [
                [
                    "names": ["a.example", "*.a.example"], "state": "renewalFailing",
                    "isOrdered": true, "expiresAt": "2027-01-31T10:00:00Z",
                    "renewsAt": "2027-01-01T10:00:00Z", "lastError": "the reason",
                    "remedy": "do this", "nextAttemptAt": "2027-01-02T10:00:00Z",
                ],
                [
                    "names": ["b.example"], "state": "valid",
                    "nextAttemptAt": "2027-01-02T10:00:00Z",
                ],
            ]
        ]
        let page = GatewayPage(status: [:], certificates: certificates, denials: [:], egress: [:])
        #expect(page.managed.map(\.state) == ["Renewal is failing, ordered", "Valid"])
        #expect(page.managed.map { $0.next == nil } == [false, true])
        let frame = Frame(
            path: "/console/settings/gateway",
            me: ["role": "administer", "name": "ada"],
            warehouses: [],
            warehouse: nil
        )
        let html = try Console().html(of: page, in: frame)
        for text in ["By ACME", "a.example, *.a.example", "the reason", "do this", "Next try"] {
            #expect(html.contains(text), "\(text)")
        }
        let without = GatewayPage(status: [:], certificates: [:], denials: [:], egress: [:])
        #expect(try !Console().html(of: without, in: frame).contains("By ACME"))
    }

    @Test("Whoever may only read is offered no change")
    func reader() throws {
        let entry: JSONValue = ["entryId": "1", "cidr": "10.0.0.0/8", "list": "entries"]
        let page = PublicLinkPage(
            PublicLinkPage.Answers(
                warehouse: ["warehouseId": "W1"],
                whitelist: ["mode": "specific", "lists": []],
                entries: ListAnswer(items: [entry], page: 1, size: 50, total: 1),
                examples: nil,
                explanation: nil
            ),
            me: ["role": "read", "name": "ada"],
            filter: ("", "")
        )
        let frame = Frame(
            path: "/console/warehouses/W1/public-link",
            me: ["role": "read", "name": "ada"],
            warehouses: [["warehouseId": "W1"]],
            warehouse: "W1"
        )
        let html = try Console().html(of: page, in: frame)
        #expect(html.contains("10.0.0.0/8") && !html.contains("data-call"))
        #expect(!html.contains("Activity") && !html.contains("Settings"))
    }

    @Test("Hours are marked below a picture, as many as there is room for")
    func ticks() {
        func labels(_ count: Int, every minutes: Int) -> [String] {
            (0..<count).map { index in
                let minute = index * minutes % 1_440
                let (hour, rest) = (minute / 60, minute % 60)
                return "\(hour < 10 ? "0" : "")\(hour):\(rest < 10 ? "0" : "")\(rest)"
            }
        }
        let day = labels(144, every: 10)
        #expect(
            Picture.ticks(day).map { day[$0] } == [
                "00:00", "04:00", "08:00", "12:00", "16:00", "20:00",
            ]
        )
        let threeHours = labels(180, every: 1)
        #expect(Picture.ticks(threeHours).map { threeHours[$0] } == ["00:00", "01:00", "02:00"])
        #expect(Picture.ticks(labels(12, every: 1)) == [1, 3, 5, 7, 9, 11])
        #expect(Picture.ticks([]).isEmpty)
    }

    @Test("A series that is shorter than a picture stands at its end")
    func shortSeries() {
        let picture = Picture(
            id: "p",
            "Connections",
            unit: "per minute",
            labels: ["10:00", "10:01", "10:02"],
            [.init("admitted", [3])]
        )
        #expect(picture.rows.map(\.values) == [["3"], [""], [""]])
        #expect(picture.lines[0].path.hasPrefix("M1000 ") && picture.lines[0].total == "3")
    }

    @Test("Doubtful entries are counted, and those that can be are offered for removal")
    func doubts() throws {
        let findings: JSONValue = [
            "total": 1_204,
            "findings": [
                [
                    "kind": "covered", "entryId": "4", "list": "entries", "cidr": "10.0.0.1",
                    "message": "10.0.0.1 (entry 4) is redundant",
                ],
                [
                    "kind": "duplicate", "list": "file:office.cidrs", "cidr": "10.0.0.2",
                    "message": "10.0.0.2 is there twice",
                ],
            ],
        ]
        let doubts = try #require(PublicLinkPage.Doubts(findings, of: "W1", mayChange: true))
        #expect(doubts.title == "1,204 entries are doubtful" && doubts.omitted != nil)
        #expect(doubts.items.map(\.word) == ["Covered", "Duplicate"])
        #expect(doubts.items[0].removal?.path == "/v1/warehouses/W1/whitelist/entries/4")
        #expect(doubts.items[1].removal == nil)
        #expect(PublicLinkPage.Doubts(["findings": []], of: "W1", mayChange: true) == nil)
    }

    @Test("An endpoint has one name, however the API answers it")
    func endpointName() {
        let object: JSONValue = ["cloud": "aws", "id": "vpce-1"]
        #expect(object.endpointName == "aws:vpce-1")
        #expect(JSONValue.string("aws:vpce-1").endpointName == "aws:vpce-1")
        #expect(JSONValue.null.endpointName == nil)
    }

    @Test("Files that pages load are in a folder named after them all")
    func assets() throws {
        let assets = try Console().assets
        #expect(assets[assets.folder + "/console.css"]?.type == "text/css; charset=utf-8")
        #expect(assets["/console/assets/0/console.css"] == nil)
        #expect(assets[assets.folder + "/../console.css"] == nil)
    }
}
