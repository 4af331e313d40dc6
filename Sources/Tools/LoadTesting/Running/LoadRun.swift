package import Addresses
import Dispatch
package import Sockets
import Synchronization
import Time

/// One run of a workload against one target.
package struct LoadRun: Sendable {
    /// Events of a run, reported on the caller's thread.
    package enum Event: Sendable {
        /// The warm-up is over.
        case measuringBegan
        /// Once a second.
        case progress(RunProgress, elapsed: Duration)
        /// No more operations begin.
        case measuringEnded(RunProgress)
    }

    package let target: SocketAddress
    package let workload: Workload
    package let plan: LoadPlan
    /// Called ten times per second; the run ends early if it returns true.
    private let shouldStop: @Sendable () -> Bool

    package init(
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
    /// - Throws: if no epoll instance can be created.
    package func perform(observe: (Event) -> Void = { _ in }) throws(SystemError) -> LoadResult {
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
        let control = RunControl(end: window.end, drain: plan.timeout.nanoseconds)
        var plan = plan
        if workload == .idle { plan.pace = .none }
        let setting = RunSetting(
            target: target,
            plan: plan,
            window: window,
            control: control,
            heldLimit: heldLimit
        )
        let crew = Crew(threadCount: plan.threads) { index throws(SystemError) in
            try Worker(index, of: setting, prototype: prototype, life: life).run()
        }
        let ending = watch(crew, setting, observe)
        let tallies = try crew.results()
        var total = Tally(covering: window.measuredNanoseconds)
        for tally in tallies { total.add(tally) }
        return LoadResult(tally: total, window: window, control.end, ending)
    }

    /// How many connections may be held in addition to the plan's, by the limit of open files.
    private var heldLimit: Int {
        // `try?`: if the limit is unknown, there are no additional ones.
        let limit = (try? ProcessLimits.descriptors()) ?? 0
        return max(0, limit - plan.connections - Self.reservedDescriptors) / plan.threads
    }

    /// For files, epoll instances and everything else that the process has open.
    private static let reservedDescriptors = 100

    /// Reports what happens until all threads have ended.
    ///
    /// - Returns: why they did.
    private func watch(_ crew: Crew, _ run: RunSetting, _ observe: (Event) -> Void) -> RunEnding {
        var milestones = Milestones(window: run.window)
        var ending: RunEnding?
        while !crew.waitUntilDone(until: min(milestones.next?.time ?? .max, soon)) {
            if ending == nil, let reason = reasonToStop(run) {
                ending = stop(run, reason)
                milestones.end(at: run.control.end)
            }
            while let next = milestones.next, next.time <= Clock.monotonicNanoseconds() {
                milestones.removeFirst()
                observe(next.event(run.control.progress, since: run.window.start))
            }
        }
        let whyDone = ending ?? stop(run, .operations)
        for event in milestones.remainingBoundaries(run.control.progress) { observe(event) }
        return whyDone
    }

    /// Stops new operations, with notice to all threads: measuring ends for all at the same time.
    ///
    /// - Returns: why the run ended: its duration, if that was already over.
    private func stop(_ run: RunSetting, _ reason: RunEnding) -> RunEnding {
        if run.control.hasFatalError { return .fatalError }
        let now = Clock.monotonicNanoseconds()
        let isOver = now >= run.control.end
        run.control.stop(at: reason == .operations ? now : now + Self.noticeNanoseconds)
        return isOver ? .duration : reason
    }

    /// Longer than a worker's longest wait.
    private static let noticeNanoseconds: Int64 = 40_000_000

    /// When to check next whether the run should stop.
    private var soon: Int64 { Clock.monotonicNanoseconds() + 100_000_000 }

    private func reasonToStop(_ run: RunSetting) -> RunEnding? {
        if run.control.hasFatalError { return .fatalError }
        if shouldStop() { return .interrupted }
        return isHopeless(run) ? .nothingSucceeded : nil
    }

    /// Every connection has failed at least once, and nothing has succeeded.
    private func isHopeless(_ run: RunSetting) -> Bool {
        guard plan.endsIfNothingSucceeds else { return false }
        let progress = run.control.progress
        let isLate = Clock.monotonicNanoseconds() - run.window.start >= 1_000_000_000
        let hasNothing =
            progress.completed == 0 && (workload != .idle || progress.openConnections == 0)
        return isLate && hasNothing && progress.failed >= plan.connections
    }
}

/// The result of a run.
package struct LoadResult: Sendable {
    package let tally: Tally
    /// The measured time, in nanoseconds: less than planned if the run ended early, and 0 if that was
    /// before the end of the warm-up.
    package let measuredNanoseconds: Int64
    package let ending: RunEnding

    /// - Parameter end: when the run ended: at most the window's end.
    init(tally: Tally, window: MeasuringWindow, _ end: Int64, _ ending: RunEnding) {
        self.tally = tally
        self.ending = ending
        measuredNanoseconds = max(0, min(end, window.end) - window.measuredFrom)
    }

    /// Successful operations per second.
    package var operationsPerSecond: Double { perSecond(tally.completedInTime) }

    /// A count from the measured time, per second; 0 for no time.
    package func perSecond(_ count: Int) -> Double {
        measuredNanoseconds > 0 ? Double(count) * 1e9 / Double(measuredNanoseconds) : 0
    }
}

/// Why a run ended.
package enum RunEnding: String, Hashable, Sendable, CaseIterable {
    /// The planned time was over.
    case duration
    /// The requested number of operations was completed.
    case operations
    /// The user interrupted it with Ctrl-C.
    case interrupted
    /// An error that every other attempt would hit, before anything had succeeded.
    case fatalError
    /// Everything failed for a second.
    case nothingSucceeded
}
