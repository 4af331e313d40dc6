import Sockets
import Testing

@testable import LoadTesting

/// What the generator says of servers whose behaviour is known.
@Suite struct LatencyTests {
    /// No upper bounds on time but generous ones: the machine may be busy.
    @Test func seesAFixedDelay() throws {
        let server = try ScriptedServer { peer in
            peer.serve { _ in
                wait(milliseconds: 20)
                return ScriptedPeer.answer
            }
        }
        let plan = LoadPlan.brief(connections: 4, operations: 100)
        let latency = try LoadRun(.http(), on: server.address, plan: plan).perform().tally.latency
        #expect(latency.count == 100)
        #expect(latency.nanoseconds(at: 1) >= 20_000_000)
        #expect(latency.nanoseconds(at: 50) < 2_000_000_000)
    }

    /// One request in ten takes 200 ms longer: the median must not show it, the 95th percentile must.
    @Test func putsSlowRequestsWhereTheyBelong() throws {
        let server = try ScriptedServer { peer in
            peer.serve { count in
                if count % 10 == 9 { wait(milliseconds: 200) }
                return ScriptedPeer.answer
            }
        }
        let plan = LoadPlan.brief(connections: 1, operations: 200)
        let latency = try LoadRun(.http(), on: server.address, plan: plan).perform().tally.latency
        #expect(latency.nanoseconds(at: 95) >= 200_000_000)
        #expect(latency.nanoseconds(at: 91) >= 200_000_000)
        #expect(latency.nanoseconds(at: 50) < 200_000_000)
    }

    /// The server stops for 600 ms, once. A closed loop has one slow request for each connection;
    /// an open loop also counts all that were due meanwhile.
    @Test func showsInAnOpenLoopTheStallThatAClosedLoopHides() throws {
        let closed = try latencyBesideAStall(pace: .closedLoop)
        #expect(closed.nanoseconds(at: 100) >= 550_000_000)
        #expect(closed.nanoseconds(at: 90) < 300_000_000)

        let open = try latencyBesideAStall(pace: .openLoop(perSecond: 200))
        // 120 of 300 fell due in the stall; half of those waited for 300 ms and more.
        #expect(open.count == 300)
        #expect(open.nanoseconds(at: 85) >= 250_000_000)
        #expect(open.nanoseconds(at: 100) >= 550_000_000)
    }

    /// - Returns: of 300 requests over one connection, the 50th of which stalls.
    private func latencyBesideAStall(pace: Pace) throws -> LatencyHistogram {
        let server = try ScriptedServer { peer in
            peer.serve { count in
                if count == 50 { wait(milliseconds: 600) }
                return ScriptedPeer.answer
            }
        }
        var plan = LoadPlan.brief(connections: 1, operations: 300)
        plan.pace = pace
        return try LoadRun(.http(), on: server.address, plan: plan).perform().tally.latency
    }

    @Test func beginsAsManyAsAreDueInAnOpenLoop() throws {
        let server = try ScriptedServer { $0.serve() }
        var plan = LoadPlan.brief(connections: 8, threads: 2, seconds: 1)
        plan.pace = .openLoop(perSecond: 500)
        let tally = try LoadRun(.http(), on: server.address, plan: plan).perform().tally
        // With those that were due and could not begin.
        #expect(tally.latency.count == 500)
        #expect(tally.failures.total == tally.failures[.unsent])
    }

    @Test func countsWhatWasDueAndCouldNotBegin() throws {
        let server = try ScriptedServer { peer in
            while peer.read() != nil {}
        }
        var plan = LoadPlan.brief(connections: 1, seconds: 1)
        plan.timeout = .seconds(1)
        plan.pace = .openLoop(perSecond: 100)
        let tally = try LoadRun(.http(), on: server.address, plan: plan).perform().tally
        #expect(tally.failures.total == 100)
        #expect(tally.failures[.unsent] >= 90)
        #expect(tally.failures[.timeout] >= 1)
        // None of them had an answer; so long each waited at least.
        #expect(tally.latency.count == 100)
        #expect(tally.lowerBoundCount == 100)
        #expect(tally.latency.nanoseconds(at: 50) >= 400_000_000)
    }

    /// The target serves some 400 a second of 4,000.
    @Test func measuresAnOpenLoopThatTheTargetCannotMeet() throws {
        let server = try ScriptedServer { peer in
            peer.serve { _ in
                wait(milliseconds: 10)
                return ScriptedPeer.answer
            }
        }
        var plan = LoadPlan.brief(connections: 4, seconds: 1)
        plan.warmUp = .milliseconds(500)
        plan.pace = .openLoop(perSecond: 4_000)
        let run = LoadRun(.http(), on: server.address, plan: plan)
        var begin = Clock.monotonicNanoseconds()
        var result = try run.perform()
        // A machine that stood still for all of the measured second has shown nothing.
        for _ in 0..<3 where result.tally.completedInTime == 0 {
            begin = Clock.monotonicNanoseconds()
            result = try run.perform()
        }
        let tally = result.tally
        // The warm-up's backlog is not worked off, nor is that of the measured time behind its end:
        // that would take 15 s.
        #expect(Clock.monotonicNanoseconds() - begin < 14_000_000_000)
        #expect(tally.warmUpFailures[.unsent] > 1_000)
        #expect(tally.failures.total == tally.failures[.unsent])
        #expect(tally.latency.count == 4_000)
        #expect(tally.lowerBoundCount == tally.failures[.unsent])
        #expect((1...1_000).contains(tally.latency.count - tally.lowerBoundCount))
        #expect((1...1_000).contains(tally.completedInTime))
        #expect(result.measuredNanoseconds == 1_000_000_000)
    }

    /// A server that never answers, and far more due than can be begun.
    @Test func endsSoonWhereAskedWhateverIsDueAndRunning() throws {
        let asked = Counter()
        let server = try ScriptedServer { peer in
            if peer.read() != nil { asked.add() }
            while peer.read() != nil {}
        }
        var plan = LoadPlan.brief(connections: 4, seconds: 600)
        plan.timeout = .seconds(60)
        plan.pace = .openLoop(perSecond: 4_000)
        let begin = Clock.monotonicNanoseconds()
        let stop = begin + 300_000_000
        let run = LoadRun(
            .http(),
            on: server.address,
            plan: plan,
            stoppingWhen: { asked.value >= 4 && Clock.monotonicNanoseconds() >= stop }
        )
        let result = try run.perform()
        #expect(Clock.monotonicNanoseconds() - begin < 40_000_000_000)
        #expect(result.ending == .interrupted)
        #expect(result.tally.failures[.unfinished] == 4)
        #expect(result.tally.failures[.timeout] == 0)
    }

    /// In the time after the end, too, when only answers are waited for.
    @Test func endsSoonWhereAskedWhileItWaitsForTheLastAnswers() throws {
        let server = try ScriptedServer { peer in
            while peer.read() != nil {}
        }
        // A machine that stands still may need longer to ask, or to see that the time is over.
        for seconds in [0.2, 2, 8] {
            let plan = LoadPlan.brief(connections: 1, seconds: seconds)
            let begin = Clock.monotonicNanoseconds()
            let stop = begin + Int64(1.5 * seconds * 1e9) + 200_000_000
            let run = LoadRun(
                .http(),
                on: server.address,
                plan: plan,
                stoppingWhen: { Clock.monotonicNanoseconds() >= stop }
            )
            let result = try run.perform()
            let isInTime = result.ending == .duration && result.tally.failures[.unfinished] == 1
            guard isInTime || seconds == 8 else { continue }
            #expect(Clock.monotonicNanoseconds() - stop < 40_000_000_000)
            #expect(result.ending == .duration)
            #expect(result.tally.failures[.unfinished] == 1)
            return
        }
    }

    /// One request in ten is never answered: the median does not show it, the 95th percentile does.
    @Test func countsWhatIsNotAnsweredWithTheTimeItWaited() throws {
        let server = try ScriptedServer { peer in
            if peer.number % 10 == 9 { while peer.read() != nil {} }
            _ = peer.readHead()
            peer.write(ScriptedPeer.answer)
        }
        var plan = LoadPlan.brief(connections: 4, operations: 100)
        plan.timeout = .seconds(1)
        let tally = try LoadRun(.http(keepsConnection: false), on: server.address, plan: plan)
            .perform().tally
        // A machine that stands still for a second makes others late, too.
        #expect(tally.failures[.timeout] >= 10)
        #expect(tally.lowerBoundCount == tally.failures[.timeout])
        #expect(tally.latency.count == 100)
        #expect(tally.latency.nanoseconds(at: 95) >= 1_000_000_000)
        #expect(tally.latency.nanoseconds(at: 50) < 1_000_000_000)
    }

    /// Each wait has a reason: the tick, fifty times a second, or what an operation needs.
    @Test func sleepsBetweenTheOperationsOfASlowOpenLoop() throws {
        let server = try ScriptedServer { $0.serve() }
        var plan = LoadPlan.brief(connections: 4, seconds: 2)
        plan.pace = .openLoop(perSecond: 5)
        let result = try LoadRun(.http(), on: server.address, plan: plan).perform()
        #expect(result.tally.latency.count == 10)
        #expect(result.tally.waitCount < 300)
        // The last one is due 0.2 s before the end.
        #expect(result.ending == .duration)
        #expect(result.measuredNanoseconds == 2_000_000_000)
    }
}

private func wait(milliseconds: Int64) {
    let end = Clock.monotonicNanoseconds() + milliseconds * 1_000_000
    while Clock.monotonicNanoseconds() < end { sleepForAMillisecond() }
}
