package import Addresses
internal import Dispatch
package import Sockets
internal import Synchronization

/// One run of a workload against one target.
package struct LoadRun: Sendable {
    /// What happens during a run, reported on the caller's thread.
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
    /// - Throws: if the system grants no epoll set.
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

    /// What the limit of descriptors leaves to connections that are only held.
    private var heldLimit: Int {
        // `try?`: without a known limit none are held beside the plan's.
        let limit = (try? ProcessLimits.descriptors()) ?? 0
        return max(0, limit - plan.connections - Self.reservedDescriptors) / plan.threads
    }

    /// For files, epoll sets and what else the process has open.
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

    /// Lets no more operations begin, with notice for all threads: what is counted ends for all at
    /// the same time.
    ///
    /// - Returns: why the run ended: the time, if that was over before.
    private func stop(_ run: RunSetting, _ reason: RunEnding) -> RunEnding {
        if run.control.hasFatalError { return .fatalError }
        let now = Clock.monotonicNanoseconds()
        let isOver = now >= run.control.end
        run.control.stop(at: reason == .operations ? now : now + Self.noticeNanoseconds)
        return isOver ? .duration : reason
    }

    /// Longer than a worker's longest wait.
    private static let noticeNanoseconds: Int64 = 40_000_000

    /// When to check next whether the run should stop, for a person who waits.
    private var soon: Int64 { Clock.monotonicNanoseconds() + 100_000_000 }

    private func reasonToStop(_ run: RunSetting) -> RunEnding? {
        if run.control.hasFatalError { return .fatalError }
        if shouldStop() { return .interrupted }
        return isHopeless(run) ? .nothingSucceeded : nil
    }

    /// Every connection has failed at least once, and nothing has succeeded.
    private func isHopeless(_ run: RunSetting) -> Bool {
        guard plan.endsWhereNothingSucceeds else { return false }
        let progress = run.control.progress
        let isLate = Clock.monotonicNanoseconds() - run.window.start >= 1_000_000_000
        let hasNothing =
            progress.completed == 0 && (workload != .idle || progress.openConnections == 0)
        return isLate && hasNothing && progress.failed >= plan.connections
    }
}
