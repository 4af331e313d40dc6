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
    static var timerToken: UInt64 { .max - 1 }
    /// At most this many connects are in progress: more would overflow the target's backlog.
    static var connectingLimit: Int { 256 }
    /// How many times as long as the longest denial a connection is held.
    static var denialFactor: Int64 { 4 }
    /// How long all others wait for the run's first connection to become ready.
    static var trialNanoseconds: Int64 { 3_000_000_000 }
    /// At most this many bytes are skipped by one call.
    var skipLimit: Int { 1 << 20 }

    let target: SocketAddress
    let plan: LoadPlan
    /// Ends earlier if the run is stopped.
    private(set) var window: MeasuringWindow
    let prototype: Talk
    let life: ConnectionLife
    let control: RunControl
    /// Numbers the connections of all threads, for their client addresses.
    var connectionNumbers: ConnectionNumbers

    /// Whether the run's first connection is this worker's.
    let isFirst: Bool
    /// Whether that connection was opened.
    var hasTried = false
    /// How many connections may be held without a seat, and how many are.
    let heldLimit: Int
    var heldCount = 0
    /// The longest that a connection was held before the target ended it, in nanoseconds.
    var longestDenial: Int64 = 0

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
    /// Nothing is waited for from here on.
    private(set) var hardEnd: Int64
    /// When the timer is going to go off; `nil` for never.
    private var timerTime: Int64?
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
        isFirst = index == 0
        heldLimit = run.heldLimit
        epoll = try Epoll(wakeToken: .max, timerToken: Self.timerToken)
        vacantSeats = plan.connections
        now = run.window.start
        hardEnd = run.control.hardEnd
        pacer = Pacer(run, thread: index)
        tally = Tally(covering: run.window.measuredNanoseconds)
    }

    /// Runs to the end; blocks the thread.
    func run() throws(SystemError) -> Tally {
        now = Clock.monotonicNanoseconds()
        while !isDone {
            startWhatMayStart()
            armTimer()
            let count = try epoll.wait(milliseconds: Int32(Self.tickNanoseconds / 1_000_000))
            tally.waitCount += 1
            now = Clock.monotonicNanoseconds()
            learnTheEnd()
            for index in 0..<count { handle(epoll.event(at: index)) }
            tick()
            publish()
        }
        finish()
        return tally
    }

    /// Everything has ended, or has had its time for it.
    private var isDone: Bool {
        now >= hardEnd || (operationCount == 0 && pacer.isExhausted(at: now))
    }

    /// The end comes earlier if the run is stopped.
    func learnTheEnd() {
        pacer.end = control.end
        window.end = control.end
        hardEnd = control.hardEnd
    }

    /// Makes the next wait end when an operation is due that a connection is free for. What is due
    /// after the next tick needs no timer yet.
    private func armTimer() {
        guard !free.isEmpty || mayOpenForOperation, let due = pacer.nextDue(at: now), due > now,
            due - now < Self.tickNanoseconds, due != timerTime
        else { return }
        timerTime = due
        epoll.setTimer(nanoseconds: due - now)
    }

    /// The timer would make every wait end at once, for as long as it has gone off.
    func disarmTimer() {
        timerTime = nil
        epoll.setTimer(milliseconds: nil)
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
