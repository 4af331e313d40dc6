public import Addresses
internal import Dispatch
public import Sockets
internal import Synchronization

/// One run of a workload against one target.
public struct LoadRun: Sendable {
    /// What happens while a run goes on, told on the caller's thread.
    public enum Event: Sendable {
        /// The warm-up is over.
        case measuringBegan
        /// Once a second.
        case progress(RunProgress, elapsed: Duration)
        /// Nothing begins any more.
        case measuringEnded(RunProgress)
    }

    public let target: SocketAddress
    public let workload: Workload
    public let plan: LoadPlan
    /// Asked ten times a second; the run ends early where the answer is yes.
    private let shouldStop: @Sendable () -> Bool

    public init(
        _ workload: Workload,
        on target: SocketAddress,
        plan: LoadPlan,
        stoppingWhen shouldStop: @escaping @Sendable () -> Bool = { false }
    ) {
        self.target = target
        self.workload = workload
        self.plan = plan
        self.shouldStop = shouldStop
    }

    /// Runs to the end; blocks. Takes at most warm-up, duration and timeout together.
    ///
    /// - Throws: where the system grants no epoll set.
    public func perform(observe: (Event) -> Void = { _ in }) throws(SystemError) -> LoadResult {
        switch workload {
        case .http(let request):
            try perform(HTTPConversation(request), .keeping(request.keepsConnection), observe)
        case .mysql(let exchange):
            try perform(
                MySQLConversation(exchange),
                .serving(exchange.queriesPerConnection),
                observe
            )
        case .stream(.echo(let byteCount)):
            try perform(EchoConversation(byteCount: byteCount), .persistent, observe)
        case .stream(.upload(let byteCount)):
            try perform(UploadConversation(byteCount: byteCount), .operations(1), observe)
        case .stream(.download(let byteCount, let request)):
            try perform(
                DownloadConversation(byteCount: byteCount, request: request),
                .operations(1),
                observe
            )
        case .connect(let exchange):
            try perform(ConnectConversation(exchange), .operations(1), observe)
        case .idle:
            try perform(IdleConversation(), .persistent, observe)
        }
    }

    private func perform(
        _ prototype: some Conversation,
        _ life: ConnectionLife,
        _ observe: (Event) -> Void
    ) throws(SystemError) -> LoadResult {
        let start = Clock.monotonicNanoseconds()
        let window = MeasuringWindow(start: start, warmUp: plan.warmUp, duration: plan.duration)
        let control = RunControl(end: window.end)
        var plan = plan
        if workload == .idle { plan.pace = .none }
        let setting = RunSetting(target: target, plan: plan, window: window, control: control)
        let crew = Crew(threadCount: plan.threads) { index throws(SystemError) in
            try Worker(index, of: setting, prototype: prototype, life: life).run()
        }
        watch(crew, setting, observe)
        let tallies = try crew.results()
        var total = Tally(covering: window.measuredNanoseconds)
        for tally in tallies { total.add(tally) }
        return LoadResult(tally: total, window: window, endedAt: Clock.monotonicNanoseconds())
    }

    /// Tells what happens until all threads have ended.
    private func watch(_ crew: Crew, _ run: RunSetting, _ observe: (Event) -> Void) {
        var milestones = Milestones(window: run.window)
        while let next = milestones.next {
            let isOver = crew.waitUntilDone(until: min(next.time, soon))
            if isOver { break }
            if shouldStop() || isHopeless(run) { run.control.end = Clock.monotonicNanoseconds() }
            guard Clock.monotonicNanoseconds() >= next.time else { continue }
            milestones.removeFirst()
            observe(next.event(run.control.progress, since: run.window.start))
        }
        for event in milestones.remainingBoundaries(run.control.progress) { observe(event) }
        crew.waitUntilDone()
    }

    /// When to look whether the run shall stop, for a person who waits.
    private var soon: Int64 { Clock.monotonicNanoseconds() + 100_000_000 }

    /// Every connection has failed once at least, and nothing has succeeded.
    private func isHopeless(_ run: RunSetting) -> Bool {
        guard plan.endsWhereNothingSucceeds else { return false }
        let progress = run.control.progress
        let isLate = Clock.monotonicNanoseconds() - run.window.start >= 1_000_000_000
        let hasNothing =
            progress.completed == 0 && (workload != .idle || progress.openConnections == 0)
        return isLate && hasNothing && progress.failed >= plan.connections
    }
}

/// What a run came to.
public struct LoadResult: Sendable {
    public let tally: Tally
    /// How long was measured, in nanoseconds: less than planned where a limit ended the run.
    public let measuredNanoseconds: Int64

    init(tally: Tally, window: MeasuringWindow, endedAt: Int64) {
        self.tally = tally
        measuredNanoseconds = max(1, min(endedAt, window.end) - window.measuredFrom)
    }

    /// Operations that succeeded a second.
    public var operationsPerSecond: Double { perSecond(tally.completedInTime) }

    /// A count of what happened in the measured time, for each second of it.
    public func perSecond(_ count: Int) -> Double {
        Double(count) * 1e9 / Double(measuredNanoseconds)
    }
}
