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

    @Test("Whoever may only read is offered no change")
    func reader() throws {
        let entry: JSONValue = ["entryId": "1", "cidr": "10.0.0.0/8", "list": "entries"]
        let page = PublicLinkPage(
            PublicLinkPage.Answers(
                warehouse: ["warehouseId": "W1"],
                connections: .null,
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

    @Test("Files that pages load are in a folder named after them all")
    func assets() throws {
        let assets = try Console().assets
        #expect(assets[assets.folder + "/console.css"]?.type == "text/css; charset=utf-8")
        #expect(assets["/console/assets/0/console.css"] == nil)
        #expect(assets[assets.folder + "/../console.css"] == nil)
    }
}
