import SeededRandom
import Testing

@testable import Traffic

@Suite("The schedule of health checks")
struct CheckScheduleTests {
    private func schedule(_ count: Int, limit: Int, interval: Int64 = 5_000) -> CheckSchedule<Int> {
        var schedule = CheckSchedule<Int>(limit: limit)
        schedule.watch(
            Dictionary(uniqueKeysWithValues: (0..<count).map { ($0, interval) }),
            at: 0
        )
        return schedule
    }

    @Test("A new backend is checked immediately, then at its interval from start to start")
    func interval() {
        var schedule = schedule(1, limit: 8)
        #expect(schedule.takeDue(at: 0) == 0)
        #expect(schedule.nextDue == nil, "it is under way")
        schedule.finish(0)
        #expect(schedule.nextDue == 5_000)
        #expect(schedule.takeDue(at: 4_999) == nil)
        #expect(schedule.takeDue(at: 5_000) == 0)
    }

    @Test("A check that outlasts its interval is not started again while it runs")
    func slow() {
        var schedule = schedule(1, limit: 8)
        _ = schedule.takeDue(at: 0)
        #expect(schedule.takeDue(at: 20_000) == nil)
        schedule.finish(0)
        #expect(schedule.takeDue(at: 20_000) == 0, "late, but only once")
        schedule.finish(0)
        #expect(schedule.nextDue == 25_000)
    }

    @Test("If more are due than may run, each gets its turn before any gets a second one")
    func fairness() {
        var schedule = schedule(60, limit: 4, interval: 50)
        var order: [Int] = []
        var now: Int64 = 0
        while order.count < 240 {
            var running: [Int] = []
            while let id = schedule.takeDue(at: now) { running.append(id) }
            #expect(running.count == 4)
            #expect(schedule.runningCount == 4)
            order += running
            now += 1_000
            for id in running { schedule.finish(id) }
        }
        for round in 0..<4 {
            #expect(Set(order[round * 60..<round * 60 + 60]).count == 60, "round \(round)")
        }
    }

    @Test("A thousand backends that do not answer are all checked within their interval")
    func thousand() {
        var schedule = schedule(1_000, limit: 512)
        var lastAsked = [Int: Int64]()
        var running: [(id: Int, end: Int64)] = []
        for now in stride(from: 0 as Int64, to: 60_000, by: 50) {
            for check in running where check.end <= now { schedule.finish(check.id) }
            running.removeAll { $0.end <= now }
            while let id = schedule.takeDue(at: now) {
                if let last = lastAsked[id] { #expect(now - last <= 7_000, "\(id)") }
                lastAsked[id] = now
                running.append((id, now + 2_000))
            }
            #expect(running.count <= 512)
        }
        #expect(lastAsked.count == 1_000)
    }

    @Test("A removed backend is not checked again, and frees its place")
    func removed() {
        var schedule = schedule(2, limit: 1)
        let first = schedule.takeDue(at: 0)
        schedule.watch([7: 100], at: 10)
        #expect(schedule.takeDue(at: 10) == nil, "the old one is still under way")
        first.map { schedule.finish($0) }
        #expect(schedule.takeDue(at: 10) == 7)
        schedule.finish(7)
        #expect(schedule.nextDue == 110)
    }

    @Test("An existing backend keeps its schedule when others are added")
    func kept() {
        var schedule = schedule(1, limit: 8)
        _ = schedule.takeDue(at: 0)
        schedule.finish(0)
        schedule.watch([0: 5_000, 1: 5_000], at: 100)
        #expect(schedule.takeDue(at: 100) == 1)
        #expect(schedule.takeDue(at: 100) == nil)
        schedule.finish(1)
        #expect(schedule.nextDue == 5_000)
    }

    @Test("It agrees with a naive choice of the oldest", arguments: SeededGenerator.seeds)
    func agreement(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var schedule = schedule(20, limit: 5, interval: 97)
        var due = [Int64](repeating: 0, count: 20)
        var running: Set<Int> = []
        var now: Int64 = 0
        for _ in 0..<5_000 {
            now += Int64.random(in: 0...20, using: &generator)
            if Bool.random(using: &generator), let id = running.randomElement(using: &generator) {
                running.remove(id)
                schedule.finish(id)
            }
            let waiting = (0..<20).filter { !running.contains($0) && due[$0] <= now }
            let taken = schedule.takeDue(at: now)
            guard running.count < 5, let oldest = waiting.map({ due[$0] }).min() else {
                #expect(taken == nil, "seed \(seed)")
                continue
            }
            guard let taken else {
                Issue.record("nothing taken, seed \(seed)")
                return
            }
            #expect(due[taken] == oldest, "seed \(seed)")
            due[taken] = now + 97
            running.insert(taken)
        }
    }
}
