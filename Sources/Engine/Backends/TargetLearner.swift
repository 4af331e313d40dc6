import Addresses
import Dispatch
package import MySQLClient
import Operations
import Settings
import Sockets
import Time
import Traffic

/// Whom a service's servers are learned from.
struct Lesson: Sendable {
    let service: Service.ID
    let learning: RedirectSettings.Learning
    /// The front ends; at least one.
    let backends: [Backend]

    /// The same lesson under the same settings.
    struct ID: Hashable, Sendable {
        let service: Service.ID
        let learning: RedirectSettings.Learning
    }

    var id: ID { ID(service: service, learning: learning) }
}

/// Reads a password; blocks for as long as a local file takes.
package typealias PasswordSource =
    @Sendable (_ path: String) -> Result<Password, PasswordUnavailable>

/// Why a password cannot be read.
package struct PasswordUnavailable: Error, Hashable {
    package let reason: String

    package init(reason: String) {
        self.reason = reason
    }
}

/// Learns from front ends where their redirects may lead, off the data path: all conversations run on
/// one queue over one epoll set, as those of ``HealthChecker`` do.
///
/// Everything but ``status`` is accessed on `queue` only.
final class TargetLearner: @unchecked Sendable {
    // @unchecked: see above; the Dispatch queue is the isolation.

    private typealias Key = SlotTable<Attempt>.Key

    /// A conversation with one front end, and those that are asked if it fails.
    private struct Attempt {
        var conversation: HealthConversation
        let lesson: Lesson
        let others: ArraySlice<Backend>
    }

    /// Conversations at the same time, at most.
    private static let conversationLimit = 16
    /// Front ends that are asked in one round, at most.
    private static let backendLimit = 3
    /// For one conversation.
    static let deadline: Int64 = 5_000
    private static let wakeToken = UInt64.max
    private static let timerToken = UInt64.max - 1

    private let queue = DispatchQueue(label: "sluice.learning", qos: .utility)
    private let epoll: Epoll
    private let tools = RelayTools(scratchByteCount: 16_384, pipeByteCount: 4_096)
    private let attempts = SlotTable<Attempt>()
    private var deadlines = TimerWheel(startingAt: Moment.now().milliseconds)
    private var schedule = CheckSchedule<Lesson.ID>(limit: conversationLimit)
    private var lessons: [Lesson.ID: Lesson] = [:]
    private var records: [Lesson.ID: LearningRecord] = [:]
    private let statuses = Locked<[Lesson.ID: RedirectLearningStatus]>([:])
    private var roundCount = 0
    private var source: (any DispatchSourceRead)?
    private var isStopped = false
    private var learned: (@Sendable ([BackendAddress], Service.ID) -> Void)?
    private var readPassword: PasswordSource = TargetLearner.readFile
    private let report: @Sendable (GatewayEvent) -> Void

    init(report: @escaping @Sendable (GatewayEvent) -> Void) throws(SystemError) {
        epoll = try Epoll(wakeToken: Self.wakeToken, timerToken: Self.timerToken)
        self.report = report
    }

    /// Begins to learn. Called once.
    ///
    /// - Parameter learned: a service has other servers than before. Returns immediately.
    func start(learned: @escaping @Sendable ([BackendAddress], Service.ID) -> Void) {
        queue.async { [self] in
            self.learned = learned
            let source = DispatchSource.makeReadSource(
                fileDescriptor: epoll.descriptor,
                queue: queue
            )
            source.setEventHandler { [weak self] in self?.turn() }
            // The cancel handler keeps the descriptor until Dispatch is done with it.
            source.setCancelHandler { [epoll] in _ = epoll.descriptor }
            source.activate()
            self.source = source
            startDueRounds()
        }
    }

    /// Ends the conversations under way, and begins no others.
    func stop() {
        queue.async { [self] in
            isStopped = true
            source?.cancel()
            source = nil
            for key in attempts.keys { attempts.remove(key)?.conversation.socket.close() }
            lessons = [:]
            schedule.watch([:], at: Moment.now().milliseconds)
        }
    }

    /// From now on, passwords are read in this way.
    func readPasswords(by read: @escaping PasswordSource) {
        queue.async { [self] in readPassword = read }
    }

    /// Of each service with at least one attempt. May be called from anywhere.
    var status: [Service.ID: RedirectLearningStatus] {
        let statuses = statuses.withLock { $0 }
        return Dictionary(statuses.map { ($0.key.service, $0.value) }) { first, _ in first }
    }

    /// Learns this from now on, and nothing else. New lessons begin immediately.
    func watch(_ lessons: [Lesson]) {
        queue.async { [self] in
            if isStopped { return }
            self.lessons = Dictionary(lessons.map { ($0.id, $0) }) { first, _ in first }
            records = records.filter { self.lessons[$0.key] != nil }
            statuses.withLock { statuses in
                statuses = statuses.filter { self.lessons[$0.key] != nil }
            }
            schedule.watch(
                self.lessons.mapValues(\.learning.interval.milliseconds),
                at: Moment.now().milliseconds
            )
            startDueRounds()
        }
    }
}

// MARK: - On the queue

extension TargetLearner {
    private func turn() {
        // Only a closed or invalid descriptor can fail here (epoll_wait(2)).
        let count = (try? epoll.wait(milliseconds: 0)) ?? 0
        for index in 0..<count { handle(epoll.event(at: index)) }
        for index in deadlines.advance(to: Moment.now().milliseconds) {
            guard let key = attempts.key(at: UInt32(index)) else { continue }
            finish(key, attempts[key].conversation.verdictAtDeadline)
        }
        startDueRounds()
    }

    private func handle(_ event: ReadinessEvent) {
        guard event.token < Self.timerToken else { return }
        let key = Key(
            index: UInt32(truncatingIfNeeded: event.token),
            generation: UInt32(truncatingIfNeeded: event.token >> 32)
        )
        // An event of an earlier conversation in the slot is ignored.
        guard attempts.contains(key) else { return }
        let verdict = attempts[key].conversation.handle(event, with: tools)
        if let verdict { finish(key, verdict) }
    }

    private func startDueRounds() {
        guard source != nil else { return }
        while let id = schedule.takeDue(at: Moment.now().milliseconds) {
            guard let lesson = lessons[id] else {
                schedule.finish(id)
                continue
            }
            ask(candidates(of: lesson), for: lesson)
        }
        let next = [deadlines.nextDeadline, schedule.nextDue].compactMap { $0 }.min()
        epoll.setTimer(milliseconds: next.map { $0 - Moment.now().milliseconds })
    }

    /// Those in service, usable ones first, beginning with another one in each round.
    private func candidates(of lesson: Lesson) -> ArraySlice<Backend> {
        roundCount &+= 1
        let active = lesson.backends.filter(\.isActive)
        guard !active.isEmpty else { return [] }
        let start = roundCount % active.count
        let rotated = active[start...] + active[..<start]
        let now = Moment.now()
        let usable = rotated.filter { $0.isUsable(at: now) }
        let others = rotated.filter { !$0.isUsable(at: now) }
        return (usable + others).prefix(Self.backendLimit)
    }

    /// Asks the first one, and the others if it does not answer.
    private func ask(_ backends: ArraySlice<Backend>, for lesson: Lesson) {
        let password: Password
        switch self.password(of: lesson.learning) {
        case .success(let read): password = read
        case .failure(let error): return fail(lesson, error.reason)
        }
        var reason = "no backend is in service"
        var rest = backends
        while let backend = rest.popFirst() {
            let question = question(for: lesson.learning, at: backend, password)
            do throws(SystemError) {
                return try begin(question, with: backend, lesson, others: rest)
            } catch {
                reason = "\(backend.title): \(error)"
            }
        }
        fail(lesson, reason)
    }

    private func begin(
        _ question: any LearningProbe,
        with backend: Backend,
        _ lesson: Lesson,
        others: ArraySlice<Backend>
    ) throws(SystemError) {
        let conversation = try HealthConversation(with: backend, question, isConfidential: true)
        let key = attempts.insert(
            Attempt(conversation: conversation, lesson: lesson, others: others)
        )
        deadlines.schedule(Int(key.index), at: Moment.now().milliseconds + Self.deadline)
        let verdict = attempts[key].conversation.begin()
        if let verdict { return finish(key, verdict) }
        do throws(SystemError) {
            let token = UInt64(key.generation) << 32 | UInt64(key.index)
            try epoll.add(conversation.socket, token: token)
        } catch {
            finish(key, .unknown(reason: error.description))
        }
    }

    private func question(
        for learning: RedirectSettings.Learning,
        at backend: Backend,
        _ password: Password
    ) -> any LearningProbe {
        switch learning.source {
        case .http:
            return BackendListQuestion(
                host: backend.key.name.authority(),
                user: learning.user,
                password: password.bytes
            )
        case .mysql:
            let account = MySQLAccount(user: learning.user, password: password)
            return MySQLServerQuestion(account, usesTLS: backend.checkTLS != nil)
        }
    }

    /// Read for each conversation: whoever changes the file expects it to be used.
    private func password(of learning: RedirectSettings.Learning)
        -> Result<Password, PasswordUnavailable>
    {
        learning.passwordFile.map(readPassword) ?? .success(Password(""))
    }

    private func finish(_ key: Key, _ verdict: HealthVerdict) {
        deadlines.cancel(Int(key.index))
        guard let attempt = attempts.remove(key) else { return }
        attempt.conversation.socket.close()
        switch verdict {
        case .healthy:
            guard let servers = (attempt.conversation.probe as? any LearningProbe)?.servers else {
                return next(after: attempt, "no answer")
            }
            succeed(attempt.lesson, servers)
        case .unhealthy(let reason), .unknown(let reason):
            next(after: attempt, reason)
        }
    }

    private func next(after attempt: Attempt, _ reason: String) {
        if attempt.others.isEmpty {
            let (title, user) = (attempt.conversation.backend.title, attempt.lesson.learning.user)
            fail(attempt.lesson, "\(title), as user \(user): \(reason)")
        } else {
            ask(attempt.others, for: attempt.lesson)
        }
    }

    private func succeed(_ lesson: Lesson, _ servers: LearnedServers) {
        schedule.finish(lesson.id)
        // One that is no longer wanted changes nothing.
        guard lessons[lesson.id] != nil else { return }
        let (hasChanged, event) = records[lesson.id, default: record(of: lesson)]
            .succeed(servers, at: Moment.now().milliseconds)
        update(lesson) { status in
            status.count = servers.places.count
            status.failure = nil
            status.failingSince = nil
        }
        if hasChanged { learned?(servers.places, lesson.service) }
        if let event { report(.learning(service: lesson.service, event)) }
    }

    private func fail(_ lesson: Lesson, _ reason: String) {
        schedule.finish(lesson.id)
        guard lessons[lesson.id] != nil else { return }
        let event = records[lesson.id, default: record(of: lesson)]
            .fail(reason, at: Moment.now().milliseconds)
        update(lesson) { status in
            status.failure = reason
            status.failingSince = status.failingSince ?? Moment.now().unixTime
        }
        if let event { report(.learning(service: lesson.service, event)) }
    }

    private func update(_ lesson: Lesson, _ body: (inout RedirectLearningStatus) -> Void) {
        let new = RedirectLearningStatus(listener: lesson.service.listener?.description)
        statuses.withLock { body(&$0[lesson.id, default: new]) }
    }

    private func record(of lesson: Lesson) -> LearningRecord {
        LearningRecord(interval: lesson.learning.interval.milliseconds)
    }

    private static let passwordLimit = 1_024

    /// The content of a file, without the line feed at its end.
    private static let readFile: PasswordSource = { path in
        do throws(SystemError) {
            var bytes = try File(reading: path).readToEnd(limit: passwordLimit + 1)
            if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
            guard bytes.count <= passwordLimit else {
                return .failure(PasswordUnavailable(reason: "\(path) is too long for a password"))
            }
            return .success(Password(bytes: bytes))
        } catch {
            return .failure(PasswordUnavailable(reason: "cannot read \(path): \(error)"))
        }
    }
}
