import LoadTesting
import Sockets
import Testing

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

    /// One request in ten takes 50 ms longer: the median must not show it, the 95th percentile must.
    @Test func putsSlowRequestsWhereTheyBelong() throws {
        let server = try ScriptedServer { peer in
            peer.serve { count in
                if count % 10 == 9 { wait(milliseconds: 50) }
                return ScriptedPeer.answer
            }
        }
        let plan = LoadPlan.brief(connections: 1, operations: 200)
        let latency = try LoadRun(.http(), on: server.address, plan: plan).perform().tally.latency
        #expect(latency.nanoseconds(at: 95) >= 50_000_000)
        #expect(latency.nanoseconds(at: 91) >= 50_000_000)
        #expect(latency.nanoseconds(at: 50) < 50_000_000)
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
        #expect(tally.latency.count + tally.failures.total == 500)
    }

    @Test func countsWhatWasDueAndCouldNotBegin() throws {
        let server = try ScriptedServer { peer in
            while peer.read() != nil {}
        }
        var plan = LoadPlan.brief(connections: 1, seconds: 1)
        plan.timeout = .seconds(1)
        plan.pace = .openLoop(perSecond: 100)
        let failures = try LoadRun(.http(), on: server.address, plan: plan).perform().tally.failures
        #expect(failures.total == 100)
        #expect(failures[.unsent] >= 90)
        #expect(failures[.timeout] >= 1)
    }
}

private func wait(milliseconds: Int64) {
    let end = Clock.monotonicNanoseconds() + milliseconds * 1_000_000
    while Clock.monotonicNanoseconds() < end { sleepForAMillisecond() }
}
