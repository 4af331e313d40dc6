import GRDB
import Testing
import Time

@testable import Store

@Suite("Repeated requests")
struct RepeatedRequestTests {
    private struct Made: AnsweredWrite {
        var storedAnswer: StoredAnswer?
    }

    private let place: TestStore
    private let store: PolicyStore
    private let answer = StoredAnswer(status: 201, body: "{\"id\":7}")

    init() throws {
        place = try TestStore()
        store = try place.open()
    }

    private func request(_ id: String, _ content: String, by principal: String = "k1")
        -> RequestIdentity
    {
        RequestIdentity(principal: principal, id: id, content: Array(content.utf8))
    }

    private func write(_ request: RequestIdentity, at now: UnixTime = TestStore.now) throws {
        _ = try store.write(by: TestStore.alice, answering: request, at: now) { transaction in
            _ = try transaction.importNew(from: .pair)
            return Made(storedAnswer: answer)
        }
    }

    @Test("A request with a known id and content gets the stored answer, even after a restart")
    func repetition() throws {
        let first = request("r1", "POST /a")
        #expect(try store.find(first, at: TestStore.now) == .new)
        try write(first)
        #expect(try store.find(first, at: TestStore.now) == .answered(answer))
        store.release()
        #expect(try place.open(.open).find(first, at: TestStore.now) == .answered(answer))
        let record = try store.audit(after: 0, matching: AuditFilter(), limit: 1)[0].record
        #expect(record.requestId == "r1")
    }

    @Test("A known id with other content is recognized, and another client's id is not")
    func otherContent() throws {
        try write(request("r1", "POST /a"))
        #expect(try store.find(request("r1", "POST /b"), at: TestStore.now) == .otherContent)
        #expect(try store.find(request("r1", "POST /a", by: "k2"), at: TestStore.now) == .new)
        #expect(try store.find(request("r2", "POST /a"), at: TestStore.now) == .new)
    }

    @Test("A request is remembered for a day")
    func lifetime() throws {
        try write(request("r1", "POST /a"))
        let day = TestStore.now.seconds + 86_400
        #expect(
            try store.find(request("r1", "POST /a"), at: UnixTime(seconds: day))
                == .answered(answer)
        )
        let later = UnixTime(seconds: day + 1)
        #expect(try store.find(request("r1", "POST /a"), at: later) == .new)
        #expect(try store.find(request("r1", "POST /b"), at: later) == .new)
        try write(request("r2", "POST /a"), at: later)
        let count = try store.pool.read { database in
            try Int.fetchOne(database, sql: "SELECT count(*) FROM answer")
        }
        #expect(count == 1)
    }

    @Test("The answer of a write that fails is not stored")
    func failure() throws {
        let first = request("r1", "POST /a")
        #expect(throws: StoreRefusal.self) {
            _ = try store.write(by: TestStore.alice, answering: first, at: TestStore.now) {
                try $0.removeKey("none")
                return Made(storedAnswer: answer)
            }
        }
        #expect(try store.find(first, at: TestStore.now) == .new)
        _ = try store.write(by: TestStore.alice, answering: first, at: TestStore.now) { _ in
            Made(storedAnswer: nil)
        }
        #expect(try store.find(first, at: TestStore.now) == .new)
    }

    @Test("A damaged answer is not repeated")
    func damage() throws {
        let first = request("r1", "POST /a")
        try write(first)
        try store.pool.write { try $0.execute(sql: "UPDATE answer SET status = 500") }
        #expect(throws: StoreError.self) { try store.find(first, at: TestStore.now) }
    }
}
