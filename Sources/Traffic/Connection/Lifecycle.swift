import HTTPProtocol
public import Policy
import Text

/// One connection's life, from accept to its record, as decisions only: no socket, clock or
/// closure.
///
/// It receives events, and returns what must be done next (``Step``). The engine acts in one
/// place, and reports the result. Every connection takes the same path:
///
/// ```
///   ┌───────────── exchanged ─────────────┐
///   ▼                                     │
/// identifying ──► judging ──► dialing ──► relaying ──► lingering ──► ended
///        │           │           │ ▲          │            ▲           ▲
///   │ ▲  │           │           ▼ │          │            │           │
///   ▼ │  │           │       conversing       │            │           │
/// securing           │         │ ▲│           │            │           │
///        │           │         ▼ ││           │            │           │
///        │           │       securing         │            │           │
///        └───────────┴───────────┴────────────┴─► denying ─┴─ silence ─┘
///                                                    │     │
///                                                    └► refusing
/// ```
///
/// A watched relay may be interrupted by a dialogue: it is `conversing` then, and `relaying` again. A
/// relay that is an exchange is over with it, and the next request is read.
///
/// A state holds only what is valid in it. What the connection is counted in follows from its state
/// too (``Holdings``): so everything is released exactly once, however the state is left.
public struct Lifecycle: Sendable {
    private enum State {
        /// Reads the first bytes; of a kept connection, those of the next request.
        case identifying(FirstBytes, Introduction, Kept?)
        /// TLS with the client is being established.
        case securing(FirstBytes, Introduction)
        /// Waits for the verdict. `forgery` denies the client whatever it is.
        case judging(FirstBytes, passed: [UInt8], forgery: DenialReason?)
        case dialing(FirstBytes, passed: [UInt8])
        /// Dials another backend for a dialogue.
        indirect case redialing(FirstBytes, any Dialogue)
        indirect case conversing(FirstBytes, any Dialogue)
        /// TLS with the backend is being established, within a dialogue.
        indirect case securingBackend(FirstBytes, any Dialogue)
        case relaying(FirstBytes, Relay)
        /// Waits for the words of the refusal. One that was admitted, and may be sending a body, still
        /// counts in its limits.
        case denying(Answer, isAdmitted: Bool)
        /// The denial has a dialogue of its own: a greeting before a login.
        indirect case refusing(any Prologue)
        /// Everything was said; waits for the client to close, so that no reset overtakes it. It may
        /// still send some bytes, which are dropped. One that was admitted still counts in its limits.
        case lingering(ConnectionEnd, restByteCount: Int, isAdmitted: Bool = false)
        case ended
    }

    /// How a client that is denied is answered, if the listener answers it at all.
    fileprivate enum Answer {
        /// As the listener answers.
        case standard
        /// Within the exchange that was under way.
        case words([UInt8])
        /// Not at all: it would read the words as a part of something else.
        case silence
    }

    /// What is known about a connection that has relayed a request and waits for the next one.
    private struct Kept {
        /// Whether some of the next request's bytes have arrived.
        var hasBegun = false
        /// Whether the last one's backend is still connected.
        var hasBackend = true
    }

    private var state: State
    /// What looks at the bytes of a relay.
    private var observation = RelayObservation()
    private var holdings = Holdings.accepted
    /// Whether the client has sent anything that was looked at.
    public private(set) var hasReceived = false
    /// The number of the next packet to a MySQL client that has logged in at the gateway: an error
    /// must have it.
    public private(set) var nextSequence: UInt8?

    /// A connection that was just accepted.
    public init(_ firstBytes: FirstBytes) {
        state = .identifying(firstBytes, Introduction(), nil)
    }
}

extension Lifecycle.Refusal {
    /// The same, but with the answer's words, if this has some.
    fileprivate func within(_ answer: Lifecycle.Answer) -> Self {
        switch (self, answer) {
        case (.silence, _), (_, .standard): self
        case (_, .words(let words)): .words(words)
        case (_, .silence): .silence(byReset: false)
        }
    }
}

// MARK: - Queries by the engine

extension Lifecycle {
    /// The state of a connection.
    public enum Phase: Hashable, Sendable {
        case identifying, securing, judging, dialing, conversing, securingBackend, relaying,
            denying, refusing, lingering, ended
    }

    public var phase: Phase {
        switch state {
        case .identifying: .identifying
        case .securing: .securing
        case .judging: .judging
        case .dialing, .redialing: .dialing
        case .conversing: .conversing
        case .securingBackend: .securingBackend
        case .relaying: .relaying
        case .denying: .denying
        case .refusing: .refusing
        case .lingering: .lingering
        case .ended: .ended
        }
    }

    /// Whether its bytes are relayed and nothing looks at them: then the engine moves them by itself.
    public var isRelaying: Bool {
        guard case .relaying(let firstBytes, _) = state else { return false }
        return firstBytes.isPassed && !isWatched && !awaitsAnswer
    }

    /// Whether a request is being relayed whose answer's end is not known: the backend's bytes are to
    /// be shown.
    public var awaitsAnswer: Bool { observation.awaitsAnswer }

    /// Whether the client is still sending what nobody wants.
    public var isDraining: Bool {
        guard case .lingering(_, let rest, _) = state else { return false }
        return rest > Self.refusedByteLimit
    }

    /// How it has ended, if it only waits for the client to close.
    public var decidedEnd: ConnectionEnd? {
        guard case .lingering(let end, _, _) = state else { return nil }
        return end
    }

    /// For how long a silent backend is waited for, if that is not what the configuration says.
    public var patience: Duration? {
        guard case .conversing(_, let dialogue) = state else {
            return observation.patience
        }
        return dialogue.patience
    }

    /// Whether the client's bytes are shown to a watch during the whole relay.
    public var isWatched: Bool { observation.isWatch }

    /// The session of a watched relay, as its backend knows it.
    public var watchedSession: WatchedSession? { observation.session }

    /// Whether the client was admitted and has not been denied since: what an operator sees as a
    /// session, and what a change of policy may end.
    public var isAdmitted: Bool { holdings.contains(.admission) }

    /// Whether one direction is over, and the other is not.
    public var isHalfClosed: Bool {
        guard case .relaying(_, let relay) = state else { return false }
        return relay.isHalfClosed
    }

    /// Whether the side's stream has ended, and was passed on whole.
    public func hasEnded(_ side: RelaySide) -> Bool {
        guard case .relaying(_, let relay) = state else { return false }
        return relay.hasEnded(side)
    }

    /// Whether the bytes that `side` sends now are to be shown to the lifecycle. Others are moved by
    /// the engine, or stay in the kernel.
    public func looksAtBytes(from side: RelaySide) -> Bool {
        switch state {
        case .identifying(_, _, let kept?): side == .client || kept.hasBackend
        case .identifying, .refusing, .lingering: side == .client
        case .conversing(_, let dialogue): side == .backend || dialogue.readsClient
        case .relaying where isWatched: side == .client && observation.isWatchWaiting == false
        case .relaying where awaitsAnswer: side == .backend
        case .relaying(let firstBytes, _): side == .client && !firstBytes.isPassed
        case .securing, .securingBackend, .judging, .dialing, .redialing, .denying, .ended: false
        }
    }
}

// MARK: - What has happened

extension Lifecycle {
    /// The connection was accepted. Called once, before anything else.
    public mutating func begin() -> Step {
        guard case .identifying(var firstBytes, let introduction, nil) = state else {
            return .nothing
        }
        let greeting = firstBytes.begin()
        if firstBytes.isIntroduced {
            return judge(firstBytes, introduction, saying: greeting)
        }
        return enter(
            .identifying(firstBytes, introduction, nil),
            Step(.wait, toClient: greeting, deadline: .firstBytes)
        )
    }

    /// `side` sent `bytes`, at least one. Bytes of a relay that are no longer inspected do not pass
    /// through here (``isRelaying``).
    public mutating func receive(_ bytes: Span<UInt8>, from side: RelaySide) -> Step {
        guard side == .client else { return receiveFromBackend(bytes) }
        hasReceived = true
        if let step = observation.receiveFromClient(bytes) { return follow(step) }
        switch state {
        case .identifying, .relaying, .conversing:
            return look(at: bytes) { $0.receive(bytes, introducing: &$1) }
        case .refusing(var prologue):
            return refuse(prologue.receive(bytes), by: prologue)
        case .lingering(let end, let rest, let isAdmitted):
            guard bytes.count < rest else { return self.end(end) }
            let left = rest - bytes.count
            state = .lingering(end, restByteCount: left, isAdmitted: isAdmitted)
            return .nothing
        case .securing, .securingBackend, .judging, .dialing, .redialing, .denying, .ended:
            return .nothing
        }
    }

    private mutating func receiveFromBackend(_ bytes: Span<UInt8>) -> Step {
        switch state {
        case .conversing(let firstBytes, var dialogue):
            let step = dialogue.receive(bytes, from: .backend)
            return follow(step, of: dialogue, firstBytes)
        case .identifying:
            // An answer without a question.
            return leaveBackend()
        case .relaying where awaitsAnswer:
            guard let step = observation.receiveFromBackend(bytes) else { return .nothing }
            return follow(step)
        case .securing, .securingBackend, .judging, .dialing, .redialing, .relaying, .denying,
            .refusing, .lingering, .ended:
            return .nothing
        }
    }

    /// `side` will send no more, and everything it had sent was passed on.
    public mutating func endOfStream(from side: RelaySide) -> Step {
        guard side == .client else { return endOfBackendStream() }
        switch state {
        case .relaying where observation.isExchange:
            // In the middle of a request: the backend must not take it for a whole one.
            return end(.clientLeft, byReset: true)
        case .relaying(let firstBytes, _) where firstBytes.isPassed:
            return relay(.endOfStream(from: .client))
        case .conversing(let firstBytes, var dialogue) where firstBytes.isPassed:
            let step = dialogue.endOfStream(from: .client)
            return follow(step, of: dialogue, firstBytes)
        case .identifying(_, _, let kept?) where !kept.hasBegun:
            return end(.finished)
        case .identifying, .relaying, .conversing:
            // Bytes that were held go first. During a relay the end is read once more after them.
            return look(at: Span<UInt8>()) { $0.endOfStream(introducing: &$1) }
        case .securing:
            return end(.clientLeft)
        case .securingBackend:
            return end(.clientLeft)
        case .refusing:
            return end(.denied)
        case .lingering(let end, _, _):
            return self.end(end)
        case .judging, .dialing, .redialing, .denying, .ended:
            return .nothing
        }
    }

    private mutating func endOfBackendStream() -> Step {
        switch state {
        case .relaying where observation.isExchange:
            return endOfAnswer()
        case .relaying:
            return relay(.endOfStream(from: .backend))
        case .conversing(let firstBytes, var dialogue):
            let step = dialogue.endOfStream(from: .backend)
            return follow(step, of: dialogue, firstBytes)
        case .identifying:
            return leaveBackend()
        case .securingBackend:
            return secureFailed(.backend, detail: "connection closed during the TLS handshake")
        case .securing, .judging, .dialing, .redialing, .denying, .refusing, .lingering, .ended:
            return .nothing
        }
    }

    /// Reading from `side` failed; what it had sent before was passed on.
    ///
    /// - Parameter isGentle: whether the other side of a relay is to read what it was sent before the
    ///   connection ends. A reset would overtake that.
    public mutating func readFailed(
        _ side: RelaySide,
        _ failure: SideFailure = .reset,
        isGentle: Bool = false
    ) -> Step {
        if side == .backend, let step = observation.endOfAnswer(hasFailed: true) {
            return follow(step)
        }
        if case .relaying = state { return relay(.readFailed(side, failure), isGentle: isGentle) }
        return side == .client ? clientFailed(failure) : backendFailed()
    }

    private mutating func clientFailed(_ failure: SideFailure) -> Step {
        switch state {
        case .identifying(_, _, nil):
            return end(hasReceived ? .clientLeft : .probe)
        case .securing, .securingBackend, .judging, .dialing, .redialing:
            return end(.clientLeft)
        case .identifying, .conversing, .relaying:
            var relay = Relay()
            return end(relay.end(after: failure, of: .client), byReset: true)
        case .denying, .refusing:
            return end(.denied)
        case .lingering(let end, _, _):
            return self.end(end)
        case .ended:
            return .nothing
        }
    }

    private mutating func backendFailed() -> Step {
        switch state {
        case .dialing, .redialing:
            return Step(.redial(reason: nil))
        case .conversing(let firstBytes, var dialogue):
            let step = dialogue.backendFailed()
            return follow(step, of: dialogue, firstBytes)
        case .identifying, .securingBackend:
            return endOfBackendStream()
        case .securing, .judging, .relaying, .denying, .refusing, .lingering, .ended:
            return .nothing
        }
    }

    /// `side` accepts no more bytes.
    public mutating func writeFailed(
        _ side: RelaySide,
        _ failure: SideFailure = .reset,
        isGentle: Bool = false
    ) -> Step {
        guard case .relaying = state else { return readFailed(side, failure) }
        // Nothing more is read of a client whose request is whole: nobody else would notice.
        if side == .client, observation.isExchange { return clientFailed(failure) }
        return relay(.writeFailed(side, failure), isGentle: isGentle)
    }

    /// The backend is gone without a byte for a client that waits for its first word. `detail` is for
    /// the operator.
    public mutating func unanswered(_ detail: String) -> Step {
        guard case .relaying = state else { return .nothing }
        return deny(.noBackend, detail)
    }

    /// The deadline that was set last has passed. Those of a relay are the engine's own.
    public mutating func deadlinePassed() -> Step {
        switch state {
        case .identifying(_, _, let kept?) where !kept.hasBegun:
            return end(.idleTimeout)
        case .identifying(let firstBytes, _, _):
            let step = look(at: Span<UInt8>()) { $0.deadlinePassed(introducing: &$1) }
            return continueAfterDeadline(step, from: firstBytes)
        case .securing:
            return deny(.tlsHandshakeTimeout, "", .silence)
        case .securingBackend:
            return secureFailed(.backend, detail: "TLS handshake timed out")
        case .dialing, .redialing:
            return Step(.redial(reason: "connect timed out"))
        case .conversing(let firstBytes, var dialogue):
            let step = dialogue.deadlinePassed()
            return follow(step, of: dialogue, firstBytes)
        case .refusing:
            return end(.denied)
        case .lingering(let end, _, _):
            return self.end(end)
        case .judging, .denying, .relaying, .ended:
            return .nothing
        }
    }

    /// A prologue that decides nothing in its time must not hold the connection; one that has just begun
    /// has time of its own.
    private mutating func continueAfterDeadline(
        _ step: consuming Step,
        from before: FirstBytes
    ) -> Step {
        guard case .identifying(let after, _, _) = state else { return step }
        guard after.hasAdvanced(from: before) else {
            return deny(.proxyHeaderTimeout, "the client sent too little in time")
        }
        step.deadline = .firstBytes
        return step
    }

    /// The connection has to end now, whatever it is doing: an operator, a new policy or a limit
    /// wants it. How one has ended that is only waited for is not changed by that.
    public mutating func close(_ end: ConnectionEnd, byReset: Bool = false) -> Step {
        switch state {
        case .lingering(let decided, _, _): self.end(decided)
        case .denying, .refusing: self.end(.denied)
        case .identifying, .securing, .judging, .dialing, .redialing, .conversing,
            .securingBackend, .relaying, .ended:
            self.end(end, byReset: byReset)
        }
    }
}

// MARK: - What has come of a step

extension Lifecycle {
    /// The answer to `.judge`.
    public mutating func judged(_ verdict: Verdict) -> Step {
        guard case .judging(let firstBytes, let passed, let forgery) = state else {
            return .nothing
        }
        switch verdict {
        case .denied(let reason, let detail):
            return deny(reason, detail)
        case .probe:
            return linger(.probe, saying: [])
        case .admitted:
            if let forgery { return deny(forgery, "") }
            return enter(.dialing(firstBytes, passed: passed), Step(.dial(.service)))
        }
    }

    /// The answer to `.dial` and `.redial`, immediately or, after `.underWay`, later.
    public mutating func dialed(_ outcome: DialOutcome) -> Step {
        switch state {
        case .dialing(let firstBytes, let passed):
            dialed(outcome, firstBytes, passed)
        case .redialing(let firstBytes, let dialogue):
            redialed(outcome, firstBytes, dialogue)
        case .identifying, .securing, .judging, .conversing, .securingBackend, .relaying,
            .denying, .refusing, .lingering, .ended:
            .nothing
        }
    }

    private mutating func dialed(
        _ outcome: DialOutcome,
        _ firstBytes: FirstBytes,
        _ passed: [UInt8]
    ) -> Step {
        switch outcome {
        case .connected:
            return enter(
                .relaying(firstBytes, Relay()),
                Step(.relay(nil), toBackend: passed, deadline: .relay)
            )
        case .connectedFor(var dialogue):
            let step = dialogue.begin(clientBytes: passed)
            return follow(step, of: dialogue, firstBytes)
        case .underWay, .failed, .exhausted:
            return notConnected(outcome)
        }
    }

    private mutating func redialed(
        _ outcome: DialOutcome,
        _ firstBytes: FirstBytes,
        _ dialogue: any Dialogue
    ) -> Step {
        switch outcome {
        case .connected, .connectedFor:
            var dialogue = dialogue
            let step = dialogue.begin(clientBytes: [])
            return follow(step, of: dialogue, firstBytes)
        case .failed(let reason, let detail):
            var dialogue = dialogue
            let step = dialogue.dialFailed(reason, detail: detail)
            return follow(step, of: dialogue, firstBytes)
        case .underWay, .exhausted:
            return notConnected(outcome)
        }
    }

    private mutating func notConnected(_ outcome: DialOutcome) -> Step {
        switch outcome {
        case .underWay: Step(.wait, deadline: .connect)
        case .failed(let reason, let detail): deny(reason, detail)
        case .exhausted: end(.resourceExhausted)
        case .connected, .connectedFor: .nothing
        }
    }

    /// The answer to `.deny`.
    public mutating func refuse(_ refusal: Refusal) -> Step {
        guard case .denying(let answer, let isAdmitted) = state else { return .nothing }
        switch refusal.within(answer) {
        case .silence(let byReset):
            return end(.denied, byReset: byReset)
        case .words(let words):
            return isAdmitted
                ? drain(.denied, saying: words) : linger(.denied, saying: words)
        case .prologue(var prologue):
            let greeting = prologue.begin()
            return enter(
                .refusing(prologue),
                Step(.wait, toClient: greeting, deadline: .refusal)
            )
        }
    }
}

// MARK: - First bytes

extension Lifecycle {
    /// Passes the client's bytes, or their end, to the prologues, and does what they decide.
    private mutating func look(
        at bytes: Span<UInt8>,
        by look: (inout FirstBytes, inout Introduction) -> FirstBytes.Step
    ) -> Step {
        var unused = Introduction()
        switch state {
        case .identifying(var firstBytes, var introduction, var kept):
            let isNext = kept?.hasBegun == false
            kept?.hasBegun = true
            let looked = look(&firstBytes, &introduction)
            state = .identifying(firstBytes, introduction, kept)
            var step = identify(looked, firstBytes, introduction, bytes)
            if isNext, step.deadline == nil, phase == .identifying { step.deadline = .firstBytes }
            return step
        case .relaying(var firstBytes, let relay):
            let step = look(&firstBytes, &unused)
            state = .relaying(firstBytes, relay)
            return pass(step) { Step(.passOn($0)) }
        case .conversing(var firstBytes, var dialogue):
            let step = look(&firstBytes, &unused)
            state = .conversing(firstBytes, dialogue)
            guard case .passed(let replay) = step else { return pass(step) { _ in .nothing } }
            let passed = replay.all(of: bytes)
            guard !passed.isEmpty else { return .nothing }
            let next = dialogue.receive(passed.span, from: .client)
            return follow(next, of: dialogue, firstBytes)
        case .securing, .securingBackend, .judging, .dialing, .redialing, .denying, .refusing,
            .lingering, .ended:
            return .nothing
        }
    }

    /// The backend of a kept connection has ended, or is of no use: the next request has another.
    private mutating func leaveBackend() -> Step {
        guard case .identifying(let firstBytes, let introduction, var kept?) = state else {
            return .nothing
        }
        kept.hasBackend = false
        return enter(.identifying(firstBytes, introduction, kept), .nothing)
    }

    private mutating func identify(
        _ step: FirstBytes.Step,
        _ firstBytes: FirstBytes,
        _ introduction: Introduction,
        _ bytes: Span<UInt8>
    ) -> Step {
        switch step {
        case .more(let reply) where !firstBytes.isIntroduced:
            return Step(.wait, toClient: reply)
        case .more(let reply):
            return judge(firstBytes, introduction, saying: reply)
        case .passed(let replay):
            let passed = replay.all(of: bytes)
            nextSequence = introduction.nextSequence
            return judge(firstBytes, introduction, passed: passed)
        case .startTLS(let held):
            return enter(
                .securing(firstBytes, introduction),
                Step(.startTLS(.client, held: held), deadline: .handshake)
            )
        case .refused(let reason, _) where firstBytes.isIntroduced:
            // The client was identified before: the policy decides first.
            return judge(firstBytes, introduction, forgery: reason)
        case .refused, .denied, .finished, .left:
            return pass(step) { _ in .nothing }
        }
    }

    private mutating func judge(
        _ firstBytes: FirstBytes,
        _ introduction: Introduction,
        passed: [UInt8] = [],
        forgery: DenialReason? = nil,
        saying reply: [UInt8] = []
    ) -> Step {
        if let request = introduction.request {
            observation.note(request, lasting: introduction.withoutRequest)
        }
        return enter(
            .judging(firstBytes, passed: passed, forgery: forgery),
            Step(.judge(introduction, isForged: forgery != nil), toClient: reply)
        )
    }

    /// The result of reading bytes that a backend waits for.
    private mutating func pass(_ step: FirstBytes.Step, passOn: (Replay) -> Step) -> Step {
        switch step {
        case .more(let reply): Step(.wait, toClient: reply)
        case .passed(let replay): passOn(replay)
        // Only prologues that are over before the backend is dialed request it.
        case .startTLS: deny(.badTLSHandshake, "")
        case .refused(let reason, let detail): deny(reason, detail)
        case .denied(let reason, let detail, let words): deny(reason, detail, .words(words))
        case .finished(let reply): linger(.finished, saying: reply)
        case .left(let isProbe): end(isProbe ? .probe : .clientLeft)
        }
    }
}

// MARK: - TLS

extension Lifecycle {
    /// TLS with `side`, which was requested with `.startTLS`, is established.
    public mutating func secured(_ side: RelaySide, _ session: TLSSession) -> Step {
        switch (state, side) {
        case (.securing(var firstBytes, var introduction), .client):
            let step = firstBytes.secured(session, introducing: &introduction)
            state = .identifying(firstBytes, introduction, nil)
            var next = identify(step, firstBytes, introduction, Span<UInt8>())
            if next.deadline == nil, phase == .identifying { next.deadline = .firstBytes }
            return next
        case (.securingBackend(let firstBytes, var dialogue), .backend):
            let step = dialogue.secured()
            return follow(step, of: dialogue, firstBytes)
        default:
            return .nothing
        }
    }

    /// The handshake with `side` has failed; `detail` is for the operator.
    public mutating func secureFailed(_ side: RelaySide, detail: String) -> Step {
        switch (state, side) {
        case (.securing, .client): deny(.badTLSHandshake, detail, .silence)
        case (.securingBackend, .backend): deny(.noBackend, detail)
        default: .nothing
        }
    }

    /// The client would be denied, silently, whatever it says in its handshake.
    public mutating func foreseen(_ reason: DenialReason) -> Step {
        guard case .securing = state else { return .nothing }
        return deny(reason, "", .silence)
    }
}

// MARK: - Watched relays

extension Lifecycle {
    /// The answer to `.kill`, immediately or later.
    public mutating func killResolved(_ target: KillTarget) -> Step {
        guard let step = observation.resolved(target) else { return .nothing }
        return follow(step)
    }

    private mutating func follow(_ step: WatchStep) -> Step {
        switch step {
        case .pass(let replay): Step(.passOn(replay))
        case .answer(let words, let bytes): Step(.wait, toClient: words, toBackend: bytes)
        case .kill(let request, let words, let bytes):
            Step(.kill(request), toClient: words, toBackend: bytes)
        case .converse(let dialogue, let words, let bytes): converse(dialogue, words, bytes)
        case .denied(let reason, let detail, let words): deny(reason, detail, .words(words))
        }
    }
}

extension Lifecycle {
    /// A watched relay is interrupted: both sides are shown to a dialogue until it has ended.
    private mutating func converse(
        _ dialogue: any Dialogue,
        _ toClient: [UInt8],
        _ toBackend: [UInt8]
    ) -> Step {
        guard case .relaying(let firstBytes, _) = state else { return .nothing }
        return enter(
            .conversing(firstBytes, dialogue),
            Step(.wait, toClient: toClient, toBackend: toBackend, deadline: .dialogue)
        )
    }
}

// MARK: - Exchanges

extension Lifecycle {
    /// Bytes of a client that is being denied are dropped up to this many.
    private static let refusedByteLimit = 1 << 20
    /// The same after an early answer to a request with a long body. Many clients read no answer before
    /// they have sent it all; closing would reset them, and lose the answer (RFC 9112 §9.6).
    private static let drainedByteLimit = 1 << 30

    private mutating func follow(_ step: ExchangeStep) -> Step {
        switch step {
        case .more(let words):
            return Step(.wait, toClient: words)
        case .answer(let answer):
            return Step(.passAnswer(answer))
        case .upgrade(let words):
            guard case .relaying(let firstBytes, _) = state else { return .nothing }
            return enter(
                .relaying(firstBytes, Relay()),
                Step(.relay(nil), toClient: words, deadline: .relay)
            )
        case .again(let dialogue, let target):
            guard case .relaying(let firstBytes, _) = state else { return .nothing }
            observation.end()
            return enter(.redialing(firstBytes, dialogue), Step(.dial(target)))
        case .refused(let reason, let detail):
            return deny(reason, detail)
        case .finished(let words):
            return drain(saying: words)
        case .left:
            return end(.backendReset)
        }
    }

    /// The backend's stream has ended, or failed while an answer was awaited.
    private mutating func endOfAnswer() -> Step {
        if let step = observation.endOfAnswer(hasFailed: false) { return follow(step) }
        return observation.endsWithStream ? drain(saying: []) : linger(.backendReset, saying: [])
    }

    /// The request and its answer were passed on, up to their ends.
    public mutating func boundsReached() -> Step {
        guard case .relaying = state, let end = observation.exchangeEnd else { return .nothing }
        observation.end()
        return finish(end, saying: [], excess: nil)
    }

    /// Whether a part of the awaited answer has been seen.
    public var hasAnswerPart: Bool { observation.hasAnswerPart }

    /// The answer has begun before all of the request was passed on. Its backend may read the rest, or
    /// not: it gets no other request.
    public mutating func answerIsEarly() {
        observation.noteEarlyAnswer()
    }

    /// The answer was passed on, and the client has not sent all of the request.
    public mutating func answeredEarly() -> Step {
        guard case .relaying = state, observation.isExchange else { return .nothing }
        return drain(saying: [])
    }

    /// The answer to a request has not come in time.
    public mutating func answerTimedOut() -> Step {
        guard let step = observation.timeout else { return .nothing }
        return follow(step)
    }

    private mutating func finish(_ end: ExchangeEnd, saying words: [UInt8], excess: [UInt8]?)
        -> Step
    {
        var step: Step
        if var next = end.next {
            let greeting = next.begin()
            let words = greeting.isEmpty ? words : words + greeting
            step = enter(
                .identifying(
                    next,
                    observation.lasting,
                    Kept(hasBackend: end.keepsBackend)
                ),
                Step(.next(excess: excess), toClient: words, deadline: .nextRequest)
            )
        } else {
            step = drain(saying: words)
        }
        step.finishedRequest = [end.record]
        return step
    }

    private mutating func drain(_ end: ConnectionEnd = .finished, saying words: [UInt8]) -> Step {
        enter(
            .lingering(end, restByteCount: Self.drainedByteLimit, isAdmitted: isAdmitted),
            Step(.drain, toClient: words, deadline: .drain)
        )
    }
}

// MARK: - Dialogue, relay, refusal, end

extension Lifecycle {
    private mutating func follow(
        _ step: consuming DialogueStep,
        of dialogue: any Dialogue,
        _ firstBytes: FirstBytes
    ) -> Step {
        switch consume step {
        case .more(let messages):
            // One deadline for all of it: a client that sends a byte now and then gets no more time.
            let deadline: Deadline? = phase == .conversing ? nil : .dialogue
            return enter(.conversing(firstBytes, dialogue), Step(.wait, messages, deadline))
        case .dial(let target):
            return enter(.redialing(firstBytes, dialogue), Step(.dial(target)))
        case .startTLS(let messages):
            return enter(
                .securingBackend(firstBytes, dialogue),
                Step(.startTLS(.backend, held: []), messages, .dialogue)
            )
        case .relay(let messages, let terms):
            var next = relay(firstBytes, messages, terms)
            next.backendGreeting = dialogue.backendGreeting.map { [$0] } ?? []
            return next
        case .refused(let reason, let detail):
            return deny(reason, detail, dialogue.request)
        case .denied(let reason, let detail, let words):
            var next = deny(reason, detail, .words(words))
            next.backendGreeting = dialogue.backendGreeting.map { [$0] } ?? []
            return next
        case .answered(let words, let end, let excess):
            return finish(end, saying: words, excess: excess)
        case .left:
            return end(.clientLeft)
        }
    }

    private mutating func deny(
        _ reason: DenialReason,
        _ detail: String,
        _ request: HTTPRequestRecord?
    ) -> Step {
        var step = deny(reason, detail)
        step.finishedRequest = request.map { [$0] } ?? []
        return step
    }

    private mutating func relay(
        _ firstBytes: FirstBytes,
        _ messages: Messages,
        _ terms: consuming RelayTerms
    ) -> Step {
        switch consume terms {
        case .free:
            return beginRelay(firstBytes, messages, nil)
        // Its dialogue has read a login, so nothing is left that reads before it.
        case .watched(let watch):
            let step = beginRelay(firstBytes, messages, nil)
            observation.begin(watch)
            return step
        case .exchange(let exchange, let bounds):
            let step = beginRelay(firstBytes, messages, bounds)
            observation.begin(exchange)
            return step
        }
    }

    private mutating func beginRelay(
        _ firstBytes: FirstBytes,
        _ messages: Messages,
        _ bounds: ExchangeBounds?
    ) -> Step {
        enter(.relaying(firstBytes, Relay()), Step(.relay(bounds), messages, .relay))
    }

    private mutating func relay(_ event: Relay.Event, isGentle: Bool = false) -> Step {
        guard case .relaying(let firstBytes, var relay) = state else { return .nothing }
        let action = relay.handle(event)
        state = .relaying(firstBytes, relay)
        switch action {
        case .none: return .nothing
        case .shutdownWrite(let side): return Step(.shutdownWrite(side))
        case .finish(let end): return self.end(end)
        case .finishGently(let end): return linger(end, saying: [])
        case .abort(let end) where isGentle: return linger(end, saying: [])
        case .abort(let end): return self.end(end, byReset: true)
        }
    }

    private mutating func deny(
        _ reason: DenialReason,
        _ detail: String,
        _ answer: Answer = .standard
    ) -> Step {
        let keeps = isAdmitted && observation.isClientSending
        return enter(.denying(answer, isAdmitted: keeps), Step(.deny(reason, detail: detail)))
    }

    private mutating func refuse(_ step: PrologueStep, by prologue: any Prologue) -> Step {
        switch step {
        case .more(let reply):
            state = .refusing(prologue)
            return Step(.wait, toClient: reply)
        case .finished(let reply):
            return linger(.denied, saying: reply)
        case .startTLS, .decided, .refused, .denied, .left:
            return end(.denied)
        }
    }

    private mutating func linger(_ end: ConnectionEnd, saying words: [UInt8]) -> Step {
        enter(
            .lingering(end, restByteCount: Self.refusedByteLimit),
            Step(.linger, toClient: words, deadline: .linger)
        )
    }

    private mutating func end(_ end: ConnectionEnd, byReset: Bool = false) -> Step {
        if case .ended = state { return .nothing }
        return enter(.ended, Step(.end(end, byReset: byReset)))
    }

    /// The one way from a state to another: what only the old one holds is given back.
    private mutating func enter(_ state: State, _ step: consuming Step) -> Step {
        let kept = holdings(in: state)
        step.released = holdings.subtracting(kept)
        step.acquired = kept.subtracting(holdings).intersection(.places)
        if let end = observation.exchangeEnd { step.finishedRequest = [end.record] }
        observation.end()
        self.state = state
        holdings = kept
        return step
    }

    private func holdings(in state: State) -> Holdings {
        switch state {
        case .identifying(_, _, nil): .identifying
        case .identifying(_, _, let kept?):
            kept.hasBackend ? .admitted : .admitted.subtracting(.backend)
        case .securing: .identifying
        case .judging where isAdmitted: .admitted.intersection(holdings)
        case .judging: .accepted
        case .dialing, .redialing, .conversing, .securingBackend, .relaying: .admitted
        case .denying(_, isAdmitted: true): [.connection, .admission]
        case .denying: .connection
        case .lingering(_, _, isAdmitted: true): [.connection, .admission]
        case .refusing, .lingering: .refused
        case .ended: []
        }
    }
}
