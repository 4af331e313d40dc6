internal import Addresses
internal import Sockets

/// One thread of a run: its connections, its epoll set, its share of the pace.
///
/// Everything is touched by that thread alone, but for ``control``. After the connections stand and
/// the buffers have grown, an operation allocates nothing.
final class Worker<Talk: Conversation> {
    typealias Key = SlotTable<Connection<Talk>>.Key

    /// How often deadlines are looked at and failed connects are tried again.
    static var tickNanoseconds: Int64 { 20_000_000 }
    /// So many connects are in progress at most: more would overflow the target's backlog.
    static var connectingLimit: Int { 256 }
    /// So many bytes are skipped by one call at most.
    var skipLimit: Int { 1 << 20 }

    let target: SocketAddress
    let plan: LoadPlan
    let window: MeasuringWindow
    let prototype: Talk
    let life: ConnectionLife
    let control: RunControl
    /// Numbers the connections of all threads, for their client addresses.
    var connectionNumbers: ConnectionNumbers

    let epoll: Epoll
    let scratch = ScratchBuffer(byteCount: 65_536)
    let connections = SlotTable<Connection<Talk>>()
    var free = KeyQueue<Connection<Talk>>()
    /// Connections that may be opened now, and those that must wait for the next tick.
    var vacantSeats: Int
    var restingSeats = 0
    var connectingCount = 0
    /// Operations that have begun and not ended.
    var operationCount = 0
    var pacer: Pacer
    var tally: Tally
    var now: Int64
    var nextTick: Int64 = 0
    var reported = RunProgress(openConnections: 0, completed: 0, failed: 0)
    var current = RunProgress(openConnections: 0, completed: 0, failed: 0)

    init(
        _ index: Int,
        of run: RunSetting,
        prototype: Talk,
        life: ConnectionLife
    ) throws(SystemError) {
        target = run.target
        plan = run.plan.share(ofThread: index)
        window = run.window
        control = run.control
        connectionNumbers = ConnectionNumbers(first: index, step: run.plan.threads)
        self.prototype = prototype
        self.life = life
        epoll = try Epoll(wakeToken: .max, timerToken: .max - 1)
        vacantSeats = plan.connections
        now = run.window.start
        pacer = Pacer(run, thread: index)
        tally = Tally(covering: run.window.measuredNanoseconds)
    }

    /// Runs to the end; blocks the thread.
    func run() throws(SystemError) -> Tally {
        now = Clock.monotonicNanoseconds()
        while !isDone {
            startWhatMayStart()
            let count = try epoll.wait(milliseconds: armTimer())
            now = Clock.monotonicNanoseconds()
            for index in 0..<count { handle(epoll.event(at: index)) }
            tick()
            publish()
        }
        finish()
        return tally
    }

    /// Everything has ended, or has had its time for it.
    private var isDone: Bool {
        if now >= hardEnd { return true }
        let isWithoutConnections = life == .persistent && connections.count == 0 && now >= pacer.end
        return operationCount == 0 && (pacer.isExhausted(at: now) || isWithoutConnections)
    }

    /// Nothing is waited for from here on.
    var hardEnd: Int64 {
        let (sum, overflow) = pacer.end.addingReportingOverflow(plan.timeout.nanoseconds)
        return overflow ? .max : sum
    }

    /// Makes the next wait end when an operation is due.
    ///
    /// - Returns: the longest wait, in milliseconds: up to the next tick.
    private func armTimer() -> Int32 {
        let tickMilliseconds = Int32(Self.tickNanoseconds / 1_000_000)
        guard !free.isEmpty || mayOpenForOperation, let due = pacer.nextDue(at: now), due > now
        else {
            return tickMilliseconds
        }
        if due - now < Self.tickNanoseconds { epoll.setTimer(nanoseconds: due - now) }
        return tickMilliseconds
    }

    private func publish() {
        control.add(
            opened: current.openConnections - reported.openConnections,
            completed: current.completed - reported.completed,
            failed: current.failed - reported.failed
        )
        reported = current
    }
}
