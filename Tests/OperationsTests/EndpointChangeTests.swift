import Configurations
import Operations
import Policy
import Settings
import Testing

@Suite("What a new configuration does to endpoints")
struct EndpointChangeTests {
    private func statuses(_ states: KeyValuePairs<String, Endpoint.State>) -> [EndpointStatus] {
        let warehouse = Warehouse(id: "W")
        return states.map { id, state in
            EndpointStatus(
                Endpoint(id: id, cloud: .aws, state: state),
                of: warehouse,
                in: Topology(warehouses: [warehouse]),
                activeConnections: 0
            )
        }
    }

    @Test("Changed, new and removed endpoints are named; others are not")
    func all() {
        let changes = EndpointChange.all(
            from: statuses(["a": .available, "b": .pending, "c": .failed]),
            to: statuses(["b": .pending, "a": .rejected, "d": .available])
        )
        #expect(
            changes.map(\.description) == [
                "endpoint aws:a of W: rejected (was available)",
                "endpoint aws:d of W: available (new)",
                "endpoint aws:c of W: removed",
            ]
        )
        #expect(changes.map(\.isLegal) == [true, true, true])
    }

    @Test("A transition that no cloud allows is reported as such, with the possible ones")
    func illegal() {
        let revived = EndpointChange.all(
            from: statuses(["a": .deleted]),
            to: statuses(["a": .available])
        )
        #expect(revived.map(\.isLegal) == [false])
        #expect(
            revived[0].description.hasSuffix("no cloud allows this transition (deleted is final)")
        )
        let failed = EndpointChange.all(
            from: statuses(["a": .failed]),
            to: statuses(["a": .available])
        )
        #expect(failed[0].description.hasSuffix("(possible: deleted, deleting)"))
    }
}
