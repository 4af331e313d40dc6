import Operations
import Testing

@testable import Control

@Suite("Listeners that come and go")
struct ListenerChangeTests {
    private func listener(_ address: String, _ warehouse: String) -> ListenerStatus {
        var status = ListenerStatus()
        (status.address, status.warehouse) = (address, warehouse)
        return status
    }

    @Test("Each listener added or removed has a line; those that stay have none")
    func changes() {
        let before = [listener("a:1", "A"), listener("b:2", "B"), listener("c:3", "A")]
        let after = [listener("a:1", "A"), listener("d:4", "A"), listener("b:2", "C")]
        let lines = ListenerChange.all(from: before, to: after).map { "\($0) \($0.warehouse)" }
        let expected = [
            "listening on d:4 A", "listener b:2 now routes to warehouse C C",
            "listener b:2 no longer routes to warehouse B B",
            "no longer listening on c:3 A",
        ]
        #expect(lines == expected)
        #expect(ListenerChange.all(from: after, to: after) == [])
    }
}
