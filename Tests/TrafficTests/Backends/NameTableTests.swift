import Addresses
import Testing

@testable import Traffic

@Suite("The table of backends' names")
struct NameTableTests {
    private static func address(_ last: UInt8) -> IPAddress { .v4(IPv4Address(10, 0, 0, last)) }

    private func backend(_ name: String) -> BackendAddress {
        BackendAddress(host: .name(name), port: 9_030)
    }

    private func socket(_ last: UInt8) -> SocketAddress {
        SocketAddress(Self.address(last), port: 9_030)
    }

    /// A table whose only name has answered so at the moment 0.
    private func table(_ answer: NameTable.Answer) throws -> NameTable {
        var table = NameTable()
        table.watch(["a"], at: 0)
        _ = table.finish(try #require(table.startQueries(at: 0).first), answer, at: 0)
        return table
    }

    @Test("A literal address needs no answer")
    func literal() {
        let backend = BackendAddress(host: .ip(Self.address(1)), port: 9_030)
        let location = NameTable().names[backend]
        #expect(location.addresses == [socket(1)])
        #expect(!location.isAwaited)
    }

    @Test("All names are queried immediately, each once")
    func sideBySide() {
        var table = NameTable()
        let names = Set((0..<20).map { "be-\($0)" })
        table.watch(names, at: 0)
        #expect(Set(table.startQueries(at: 0).map(\.name)) == names)
        #expect(table.startQueries(at: 1_000).isEmpty)
        #expect(names.allSatisfy { table.names[backend($0)].isAwaited })
    }

    @Test("An answer is used immediately, whatever the others do, and refreshed later")
    func answer() throws {
        var table = NameTable()
        table.watch(["slow", "quick"], at: 0)
        let queries = table.startQueries(at: 0)
        let quick = try #require(queries.first { $0.name == "quick" })
        let outcome = table.finish(quick, .addresses([Self.address(2), Self.address(1)]), at: 5)
        let found = [Self.address(1), Self.address(2)]
        #expect(outcome.hasChanged)
        #expect(outcome.events == [.resolved(name: "quick", to: found, before: [])])
        #expect(table.names[backend("quick")].addresses == [socket(1), socket(2)])
        #expect(table.names[backend("slow")].isAwaited)
        #expect(table.startQueries(at: 10_004).isEmpty)
        #expect(table.startQueries(at: 10_005).map(\.name) == ["quick"])
    }

    @Test("The same addresses in another order change nothing")
    func same() throws {
        var table = try table(.addresses([Self.address(1), Self.address(2)]))
        let query = try #require(table.startQueries(at: 10_000).first)
        let outcome = table.finish(
            query,
            .addresses([Self.address(2), Self.address(1)]),
            at: 10_000
        )
        #expect(outcome == NameTable.Outcome())
    }

    @Test("New addresses replace the old ones, and both are reported")
    func moved() throws {
        var table = try table(.addresses([Self.address(1)]))
        let query = try #require(table.startQueries(at: 10_000).first)
        let outcome = table.finish(query, .addresses([Self.address(2)]), at: 10_000)
        let event = NameTable.Event.resolved(
            name: "a",
            to: [Self.address(2)],
            before: [Self.address(1)]
        )
        #expect(outcome.events == [event])
        #expect(table.names[backend("a")].addresses == [socket(2)])
    }

    @Test("A name that is unknown at startup is queried repeatedly")
    func unknown() throws {
        var table = try table(.failed(reason: "no such name"))
        #expect(table.names[backend("a")].failure == "no such name")
        #expect(!table.names[backend("a")].isAwaited)
        var now: Int64 = 0
        for wait in [1_000, 2_000, 4_000, 8_000, 10_000, 10_000] as [Int64] {
            #expect(table.startQueries(at: now + wait - 1).isEmpty)
            now += wait
            let query = try #require(table.startQueries(at: now).first)
            let outcome = table.finish(query, .failed(reason: "no such name"), at: now)
            #expect(outcome == NameTable.Outcome(), "told once")
        }
        let query = try #require(table.startQueries(at: now + 10_000).first)
        let outcome = table.finish(query, .addresses([Self.address(1)]), at: now)
        #expect(outcome.hasChanged)
        #expect(table.names[backend("a")].failure == nil)
    }

    @Test("An outage keeps the last addresses, if any, and is reported")
    func outage() throws {
        var known = try table(.addresses([Self.address(1)]))
        let query = try #require(known.startQueries(at: 10_000).first)
        let outcome = known.finish(query, .failed(reason: "try again"), at: 10_000)
        let inUse = [Self.address(1)]
        #expect(outcome.events == [.unresolved(name: "a", reason: "try again", inUse: inUse)])
        #expect(known.names[backend("a")].addresses == [socket(1)])

        var unknown = NameTable()
        unknown.watch(["a"], at: 0)
        let first = try #require(unknown.startQueries(at: 0).first)
        let failure = unknown.finish(first, .addresses([]), at: 0)
        let reason = "the name has no address"
        #expect(failure.events == [.unresolved(name: "a", reason: reason, inUse: [])])
    }

    @Test("The end of an outage is reported, even if the addresses are the same")
    func recovery() throws {
        var table = try table(.addresses([Self.address(1)]))
        let failing = try #require(table.startQueries(at: 10_000).first)
        _ = table.finish(failing, .failed(reason: "try again"), at: 10_000)
        let query = try #require(table.startQueries(at: 11_000).first)
        let outcome = table.finish(query, .addresses([Self.address(1)]), at: 11_000)
        let same = [Self.address(1)]
        #expect(outcome.events == [.resolved(name: "a", to: same, before: same)])
    }

    @Test("A query that hangs is an outage after seven seconds; its answer still counts")
    func hanging() throws {
        var table = NameTable()
        table.watch(["a"], at: 0)
        let query = try #require(table.startQueries(at: 0).first)
        #expect(table.expire(at: 6_999) == NameTable.Outcome())
        let outcome = table.expire(at: 7_000)
        #expect(outcome.hasChanged)
        #expect(outcome.events.count == 1)
        #expect(!table.names[backend("a")].isAwaited)
        #expect(table.expire(at: 60_000) == NameTable.Outcome(), "told once")
        #expect(table.startQueries(at: 60_000).isEmpty, "no second query beside it")
        let late = table.finish(query, .addresses([Self.address(1)]), at: 70_000)
        #expect(late.hasChanged)
        #expect(table.names[backend("a")].addresses == [socket(1)])
    }

    @Test("However many names hang, the queries are bounded, and new names get through")
    func bounds() throws {
        var table = NameTable()
        let dead = Set((0..<1_000).map { "dead-\($0)" })
        table.watch(dead, at: 0)
        var hanging = table.startQueries(at: 0)
        #expect(hanging.count == NameTable.queryLimit)
        _ = table.expire(at: 7_000)
        #expect(table.startQueries(at: 7_000).isEmpty)
        // The resolver gives up on some; those were slow and get half of the places at most.
        for round in 1...8 {
            let now = Int64(round) * 30_000
            for query in hanging { _ = table.finish(query, .failed(reason: "no"), at: now) }
            hanging = table.startQueries(at: now + 20_000)
            _ = table.expire(at: now + 25_000)
            #expect(hanging.count <= NameTable.queryLimit)
        }
        table.watch(dead.union(["alive"]), at: 300_000)
        #expect(table.startQueries(at: 300_000).map(\.name).contains("alive"))
    }

    @Test("However many names a server lists, those of the configuration are queried at once")
    func learnedNames() throws {
        var table = NameTable()
        let invented = Set((0..<1_000).map { "invented-\($0)" })
        table.watch([], learned: invented, at: 0)
        let queries = table.startQueries(at: 0)
        #expect(queries.count == NameTable.slowQueryLimit)
        table.watch(["configured"], learned: invented, at: 1)
        #expect(table.startQueries(at: 1).map(\.name) == ["configured"])
        // One that was answered is as good as any.
        _ = table.finish(try #require(queries.first), .addresses([Self.address(1)]), at: 2)
        #expect(table.startQueries(at: 2).count == 1)
        table.watch(["configured"], at: 3)
        #expect(table.names[backend("configured")].isAwaited)
    }

    @Test("A removed name is forgotten; its answer changes nothing")
    func forgotten() throws {
        var table = NameTable()
        table.watch(["a"], at: 0)
        let query = try #require(table.startQueries(at: 0).first)
        table.watch([], at: 0)
        #expect(table.finish(query, .addresses([Self.address(1)]), at: 1) == NameTable.Outcome())
        // Wanted again meanwhile: the old query's answer is not the new one's.
        table.watch(["a"], at: 2)
        let second = try #require(table.startQueries(at: 2).first)
        #expect(second != query)
        #expect(table.names[backend("a")].isAwaited)
    }

    @Test("Existing names keep their addresses when others are added or removed")
    func kept() throws {
        var table = try table(.addresses([Self.address(1)]))
        table.watch(["a", "b"], at: 1)
        #expect(table.names[backend("a")].addresses == [socket(1)])
        #expect(table.startQueries(at: 1).map(\.name) == ["b"])
    }
}
