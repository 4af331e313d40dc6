import Policy
import Testing
import Text
import Time

@testable import Store

@Suite("Endpoint requests that nobody answers")
struct RequestExpiryTests {
    private static let day: Int64 = 86_400

    private let place: TestStore
    private let store: PolicyStore

    init() throws {
        place = try TestStore()
        store = try place.open()
        try store.write { try $0.importNew(from: .pair) }
    }

    private func add(
        _ id: String,
        _ state: Endpoint.State = .pendingAcceptance,
        cloud: Cloud = .aws,
        createdAt: UnixTime? = TestStore.now
    ) throws {
        try store.write {
            try $0.setEndpoint(
                Endpoint(id: id, cloud: cloud, state: state, createdAt: createdAt),
                of: "W1",
                action: "endpoint.add"
            )
        }
    }

    /// What expires this long after the requests were made.
    private func expire(after seconds: Int64) throws -> [String] {
        let now = UnixTime(seconds: TestStore.now.seconds &+ seconds)
        return try store.write(by: .gateway, at: now) { transaction in
            try transaction.expireRequests(at: now).map { "\($0.endpoint)" }
        }.value
    }

    private func state(_ id: String) -> Endpoint.State? {
        store.policy.warehouses["W1"]?.endpoints.first { $0.id == id }?.state
    }

    @Test("They expire after 14 days and not a second earlier, in every cloud")
    func age() throws {
        try add("vpce-1")
        try add("7", cloud: .azure)
        #expect(try expire(after: 14 * Self.day - 1).isEmpty)
        #expect(try expire(after: 14 * Self.day) == ["aws:vpce-1", "azure:7"])
        #expect(state("vpce-1") == .expired && state("7") == .expired)
        let revision = store.policy.revision
        #expect(try expire(after: 15 * Self.day).isEmpty && store.policy.revision == revision)
    }

    @Test("The audit has each, as an act of the gateway")
    func audited() throws {
        try add("vpce-1")
        _ = try expire(after: 20 * Self.day)
        let record = try #require(
            try store.audit(after: 0, matching: AuditFilter(), limit: 100).last?.record
        )
        #expect(record.actor == .gateway && record.action == "endpoint.expire")
        #expect(record.warehouse == "W1" && record.target == "aws:vpce-1")
        #expect(record.before?["state"] == "pendingAcceptance")
    }

    @Test("Only requests expire", arguments: Endpoint.State.allCases)
    func states(_ state: Endpoint.State) throws {
        try add("vpce-1", state)
        #expect(try expire(after: 1_000 * Self.day).isEmpty == (state != .pendingAcceptance))
    }

    @Test("A request from the future, or of unknown age, does not expire")
    func clocks() throws {
        try add("vpce-1", createdAt: UnixTime(seconds: TestStore.now.seconds + 100 * Self.day))
        try add("vpce-2", createdAt: nil)
        try add("vpce-3", createdAt: UnixTime(seconds: .max))
        try add("vpce-4", createdAt: UnixTime(seconds: .min))
        for seconds in [-1_000 * Self.day, 0, 14 * Self.day, 113 * Self.day] {
            #expect(try expire(after: seconds).isEmpty)
        }
        #expect(try expire(after: 114 * Self.day) == ["aws:vpce-1"])
    }
}
