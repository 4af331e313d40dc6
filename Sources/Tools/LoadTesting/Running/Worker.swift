import Addresses
import Sockets

/// One thread of a run: its connections, its epoll instance, its share of the pace.
///
/// Only that thread touches it, except for ``control``. Once the connections are established and the
/// buffers have grown, an operation does not allocate.
final class Worker<Talk: Conversation> {
    typealias Key = SlotTable<Connection<Talk>>.Key

    /// How often deadlines are checked and failed connects are retried.
    static var tickNanoseconds: Int64 { 20_000_000 }
    static var timerToken: UInt64 { .max - 1 }
    /// The maximum number of connects in progress: more would overflow the target's backlog.
    static var connectingLimit: Int { 256 }
    /// A connection is held this many times as long as the longest denial took.
    static var denialFactor: Int64 { 4 }
    /// How long all others wait for the run's first connection to become ready.
    static var trialNanoseconds: Int64 { 3_000_000_000 }
    /// The maximum number of bytes skipped by one call.
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

    /// Whether this worker opens the run's first connection.
    let isFirst: Bool
    /// Whether it has been opened.
    var hasTried = false
    /// How many connections may be held without a seat, and how many are.
    let heldLimit: Int
    var heldCount = 0
    /// The longest that a connection was held before the target closed it, in nanoseconds.
    var longestDenial: Int64 = 0

    let epoll: Epoll
    let scratch = ScratchBuffer(byteCount: 65_536)
    let connections = SlotTable<Connection<Talk>>()
    var free = KeyQueue<Connection<Talk>>()
    /// Connections that may be opened now, and those that must wait for the next tick.
    var vacantSeats: Int
    var restingSeats = 0
    var connectingCount = 0
    /// Operations that are running.
    var operationCount = 0
    var pacer: Pacer
    var tally: Tally
    var now: Int64
    /// Nothing is waited for after this time.
    private(set) var hardEnd: Int64
    /// When the timer fires; `nil` if it is not armed.
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
            start()
            armTimer()
            let count = try epoll.wait(milliseconds: Int32(Self.tickNanoseconds / 1_000_000))
            tally.waitCount += 1
            now = Clock.monotonicNanoseconds()
            updateEnd()
            for index in 0..<count { handle(epoll.event(at: index)) }
            tick()
            publish()
        }
        finish()
        return tally
    }

    /// Everything has ended or timed out.
    private var isDone: Bool {
        now >= hardEnd || (operationCount == 0 && pacer.isExhausted(at: now))
    }

    /// The end is earlier if the run is stopped.
    func updateEnd() {
        pacer.end = control.end
        window.end = control.end
        hardEnd = control.hardEnd
    }

    /// Ends the next wait when an operation is due for which a connection is free. What is due after
    /// the next tick needs no timer yet.
    private func armTimer() {
        guard !free.isEmpty || mayOpenForOperation, let due = pacer.nextDue(at: now), due > now,
            due - now < Self.tickNanoseconds, due != timerTime
        else { return }
        timerTime = due
        epoll.setTimer(nanoseconds: due - now)
    }

    /// A timer that has fired would end every wait immediately.
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
