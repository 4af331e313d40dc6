import HTTPProtocol
import Policy
import SeededRandom
import Testing
import Text

@testable import Traffic

@Suite("A connection's lifecycle")
struct LifecycleTests {
    @Test("The invariants hold for any sequence of events", arguments: Stack.all)
    func everySequence(stack: Stack) {
        var count = 0
        func visit(_ connection: ModelConnection, depth: Int) {
            count += 1
            guard depth > 0 else { return }
            for event in ModelEvent.all {
                var next = connection
                next.handle(event)
                #expect(next.violations.isEmpty, "\(next.history.map { "\($0)" })")
                if next.violations.isEmpty, !next.hasEnded { visit(next, depth: depth - 1) }
                if next.hasEnded { next.expectSilence() }
            }
        }
        visit(ModelConnection(stack), depth: 3)
        #expect(count > 1_000)
    }

    @Test("They hold for long random sequences too", arguments: Stack.all)
    func fittingSequences(stack: Stack) {
        func visit(_ connection: ModelConnection, depth: Int) {
            guard depth > 0 else { return }
            for event in connection.fittingEvents {
                var next = connection
                next.handle(event)
                #expect(next.violations.isEmpty, "\(next.history.map { "\($0)" })")
                if next.violations.isEmpty, !next.hasEnded { visit(next, depth: depth - 1) }
            }
        }
        visit(ModelConnection(stack), depth: 6)
    }

    @Test("One that is only waited for keeps its end, whoever closes it")
    func decidedEnd() {
        var connection = Lifecycle(.unguarded)
        _ = connection.begin()
        _ = connection.judged(.denied(.notInWhitelist))
        _ = connection.refuse(.words([1]))
        #expect(connection.phase == .lingering)
        guard case .end(.denied, byReset: false) = connection.close(.drained, byReset: true).action
        else {
            Issue.record("another end")
            return
        }
    }

    /// An exchange whose answer is awaited.
    private static func awaitingAnswer() -> Lifecycle {
        var connection = Lifecycle(.unguarded)
        _ = connection.begin()
        _ = connection.judged(.admitted)
        _ = connection.dialed(.connectedFor(Redirecting()))
        _ = connection.receive(Array("x".utf8).span, from: .backend)
        return connection
    }

    @Test("A client that has gone ends the exchange at once: nobody reads it before the answer")
    func clientGoneInExchange() {
        var connection = Self.awaitingAnswer()
        #expect(connection.awaitsAnswer)
        let step = connection.writeFailed(.client)
        guard case .end(.clientReset, byReset: true) = step.action else {
            Issue.record("\(step.action)")
            return
        }
    }

    @Test("A backend that answers before it has the request gets no other one")
    func earlyAnswer() {
        for isEarly in [false, true] {
            var connection = Self.awaitingAnswer()
            _ = connection.receive(Array("x".utf8).span, from: .backend)
            if isEarly { connection.answerIsEarly() }
            #expect(connection.boundsReached().released.contains(.backend) == isEarly)
            #expect(connection.phase == .identifying)
        }
    }

    @Test("Who was never admitted is not drained for long, whatever it sends")
    func notDrained() {
        let request = Array("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n".utf8)
        for isAdmitted in [false, true] {
            var connection = Lifecycle(FirstBytes([HTTPRequestPrologue()]))
            _ = connection.begin()
            _ = connection.receive(request.span, from: .client)
            if isAdmitted {
                _ = connection.judged(.admitted)
                _ = connection.dialed(.failed(.noBackend))
            } else {
                _ = connection.judged(.denied(.notInWhitelist))
            }
            let step = connection.refuse(.words([1]))
            #expect(connection.isDraining == isAdmitted && connection.isAdmitted == isAdmitted)
            #expect(step.acquired == (isAdmitted ? [] : .refusedPlace))
        }
    }

    @Test(
        "A client that is still sending what nobody wants counts in its limits until it has ended"
    )
    func drainedClient() {
        var connection = Self.awaitingAnswer()
        _ = connection.receive(Array("x".utf8).span, from: .backend)
        let step = connection.answeredEarly()
        #expect(connection.isDraining && connection.isAdmitted)
        #expect(step.released.contains(.backend) && step.acquired.isEmpty)
        #expect(connection.endOfStream(from: .client).released == [.connection, .admission])
    }

    @Test(
        "Random lifecycles end in one record, with nothing held",
        arguments: SeededGenerator.seeds + [1_986_495_515_774_412_201]
    )
    func randomLives(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            var connection = ModelConnection(Stack.all.randomElement(using: &random)!)
            for _ in 0..<60 where !connection.hasEnded {
                let isWild = UInt8.random(in: 0..<8, using: &random) == 0
                let choice = isWild ? ModelEvent.all : connection.fittingEvents
                connection.handle(choice.randomElement(using: &random)!)
            }
            connection.handle(.close)
            connection.expectSilence()
            #expect(connection.violations.isEmpty, "\(connection.history.map { "\($0)" })")
            #expect(connection.recordCount == 1)
            #expect(connection.held.isEmpty)
        }
    }
}

// MARK: - What stands in front of the relay

/// A stack of prologues.
struct Stack: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let prologues: [any Prologue]

    var firstBytes: FirstBytes { FirstBytes(prologues) }

    static let all = [
        Stack(testDescription: "nothing", prologues: []),
        Stack(testDescription: "a guard", prologues: [ForgedHeaderGuard()]),
        Stack(
            testDescription: "a line and a guard",
            prologues: [LineReader(), ForgedHeaderGuard()]
        ),
        Stack(
            testDescription: "two lines and a guard",
            prologues: [LineReader(greeting: [1]), LineReader(), ForgedHeaderGuard()]
        ),
    ]
}

/// Reads up to a line feed.
struct LineReader: Prologue {
    var greeting: [UInt8] = []
    private var line: [UInt8] = []

    init(greeting: [UInt8] = []) {
        self.greeting = greeting
    }

    mutating func begin() -> [UInt8] { greeting }

    mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep {
        for index in bytes.indices {
            if bytes[index] == UInt8(ascii: "\n") {
                let name = String(decoding: line, as: UTF8.self)
                return .decided(.host(name), replay: Replay(offset: index + 1))
            }
            line.append(bytes[index])
        }
        return line.count > 20 ? .refused(.badProxyHeader, detail: "too long") : .more()
    }

    mutating func endOfStream() -> PrologueStep { .left(isProbe: line.isEmpty) }

    mutating func deadlinePassed() -> PrologueStep {
        .refused(.proxyHeaderTimeout, detail: "")
    }
}

/// Greets, and says goodbye to whatever comes.
private struct Goodbye: Prologue {
    mutating func begin() -> [UInt8] { Array("hello".utf8) }
    mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep {
        .finished(reply: Array("bye".utf8))
    }
    mutating func endOfStream() -> PrologueStep { .left(isProbe: false) }
    mutating func deadlinePassed() -> PrologueStep { .left(isProbe: false) }
}

/// Asks for another backend when the backend says `r`, and relays a few bytes otherwise.
private struct Redirecting: Dialogue {
    private var dials = 0

    mutating func begin(clientBytes: [UInt8]) -> DialogueStep {
        dials += 1
        return .more(Messages(toBackend: clientBytes))
    }

    mutating func receive(_ bytes: Span<UInt8>, from side: RelaySide) -> DialogueStep {
        guard side == .backend else { return .more(Messages(toBackend: bytes.copy(from: 0))) }
        if bytes[0] == UInt8(ascii: "r") {
            return dials < 3
                ? .dial(.address("10.0.0.1:1")) : .refused(.noBackend, detail: "too many hops")
        }
        let next = FirstBytes([LineReader(), ForgedHeaderGuard()])
        return .relay(
            Messages(toClient: bytes.copy(from: 0)),
            .exchange(
                Awaited(next),
                ExchangeBounds(toBackend: .bytes(3), toClient: .bytes(3))
            )
        )
    }

    mutating func endOfStream(from side: RelaySide) -> DialogueStep {
        .refused(.noBackend, detail: "")
    }

    mutating func deadlinePassed() -> DialogueStep { .refused(.noBackend, detail: "") }
}

/// Takes the first byte for a whole answer, unless it is one that asks for something else.
private struct Awaited: Exchange {
    let next: FirstBytes
    var awaitsAnswer = true

    init(_ next: FirstBytes) {
        self.next = next
    }

    var patience: Duration { .zero }
    var endsWithStream: Bool { false }
    var timeout: ExchangeStep { .refused(.answerTimeout, detail: "") }

    var end: ExchangeEnd {
        ExchangeEnd(next: awaitsAnswer ? nil : next, keepsBackend: true, record: .init())
    }

    mutating func receive(_ bytes: Span<UInt8>) -> ExchangeStep {
        switch bytes[0] {
        case UInt8(ascii: "r"): return .again(Redirecting(), .another())
        case UInt8(ascii: "m"): return .more(toClient: [1])
        default:
            awaitsAnswer = false
            let answer = ExchangeAnswer(offset: 0, bodyOffset: 0, body: .bytes(bytes.count))
            return .answer(answer)
        }
    }

    var hasAnswerPart: Bool { false }

    mutating func endOfAnswer(hasFailed: Bool) -> ExchangeStep { .refused(.badAnswer, detail: "") }
}

// MARK: - A model of the engine

/// What can happen to a connection.
enum ModelEvent: Hashable {
    case client(String)
    case backend(String)
    case endOfStream(RelaySide)
    case readFailed(RelaySide)
    case writeFailed(RelaySide)
    case deadline, boundsReached, answeredEarly, answerTimedOut
    case admitted, denied, probe
    case underWay, connected, connectedToDialogue, dialFailed, exhausted
    case silence, words, greeting
    case close

    static let all: [ModelEvent] = [
        .client("x"), .client("PROX"), .client("Y x"), .client("a\nPROXY"), .client("a\n"),
        .backend("r"), .backend("m"), .backend("x"),
        .endOfStream(.client), .endOfStream(.backend), .readFailed(.client),
        .readFailed(.backend), .writeFailed(.client), .writeFailed(.backend),
        .deadline, .boundsReached, .answeredEarly, .answerTimedOut, .admitted, .denied, .probe,
        .underWay, .connected,
        .connectedToDialogue, .dialFailed, .exhausted, .silence, .words, .greeting, .close,
    ]
}

/// Acts as the engine does, without a socket, and watches what must always hold.
struct ModelConnection {
    private enum Question { case verdict, dial, words }

    private var lifecycle: Lifecycle
    /// Whether no header may pass; where a listener's clients write their own, nothing looks at it.
    private let isGuarded: Bool
    /// Whether bytes came after the client's end of stream, which no socket gives: the guard may
    /// have let go of what it held.
    private var isImpossible = false
    private var hasClientEnded = false
    private var question: Question?
    private var isForged = false
    /// Whether the connection has relayed one request already.
    private var isKept = false
    private var isConnecting = false
    private var wasAdmitted = false
    private var isDenied = false
    /// All that the backend was sent of the client's bytes since the last relay began.
    private var passed: [UInt8] = []
    private(set) var held: Holdings = [.connection, .backendDescriptor]
    private(set) var recordCount = 0
    private(set) var violations: [String] = []
    private(set) var history: [ModelEvent] = []

    init(_ stack: Stack) {
        lifecycle = Lifecycle(stack.firstBytes)
        isGuarded = !stack.prologues.isEmpty
        perform(lifecycle.begin())
    }

    var hasEnded: Bool { recordCount > 0 }

    /// What an engine would tell now.
    var fittingEvents: [ModelEvent] {
        switch question {
        case .verdict: return [.admitted, .denied, .probe]
        case .dial where !isConnecting:
            return [.underWay, .connected, .connectedToDialogue, .dialFailed, .exhausted]
        case .dial: return [.connected, .connectedToDialogue, .readFailed(.backend), .deadline]
        case .words: return [.silence, .words, .greeting]
        case nil: break
        }
        var events: [ModelEvent] = [.deadline, .close]
        if lifecycle.looksAtBytes(from: .client) || lifecycle.isRelaying {
            events += [
                .client("x"), .client("PROX"), .client("a\nPROXY"), .endOfStream(.client),
                .readFailed(.client),
            ]
        }
        if lifecycle.phase == .relaying || lifecycle.phase == .conversing {
            events += [
                .backend("x"), .backend("r"), .endOfStream(.backend), .boundsReached,
                .answeredEarly,
            ]
        }
        return events
    }

    mutating func handle(_ event: ModelEvent) {
        history.append(event)
        switch event {
        case .client(let text):
            isImpossible = isImpossible || hasClientEnded
            receive(Array(text.utf8))
        case .backend(let text):
            perform(lifecycle.receive(Array(text.utf8).span, from: .backend))
        case .endOfStream(let side):
            hasClientEnded = hasClientEnded || side == .client
            perform(lifecycle.endOfStream(from: side))
        case .readFailed(let side): perform(lifecycle.readFailed(side))
        case .writeFailed(let side): perform(lifecycle.writeFailed(side))
        case .deadline: perform(lifecycle.deadlinePassed())
        case .boundsReached: perform(lifecycle.boundsReached())
        case .answeredEarly: perform(lifecycle.answeredEarly())
        case .answerTimedOut: perform(lifecycle.answerTimedOut())
        case .admitted: judge(.admitted)
        case .denied: judge(.denied(.notInWhitelist))
        case .probe: judge(.probe)
        case .underWay: dial(.underWay)
        case .connected: dial(.connected)
        case .connectedToDialogue: dial(.connectedFor(Redirecting()))
        case .dialFailed: dial(.failed(.noBackend))
        case .exhausted: dial(.exhausted)
        case .silence: perform(lifecycle.refuse(.silence(byReset: true)))
        case .words: perform(lifecycle.refuse(.words([1])))
        case .greeting: perform(lifecycle.refuse(.prologue(Goodbye())))
        case .close: perform(lifecycle.close(.closedByOperator))
        }
    }

    /// Once it has ended nothing does anything.
    mutating func expectSilence() {
        let (count, history) = (recordCount, history)
        defer { self.history = history }
        for event in ModelEvent.all {
            handle(event)
            check(recordCount == count, "\(event) after the end")
        }
    }

    private mutating func receive(_ bytes: [UInt8]) {
        if lifecycle.isRelaying { return pass(bytes) }
        let step = lifecycle.receive(bytes.span, from: .client)
        if case .passOn(let replay) = step.action {
            pass(replay.held + bytes[min(replay.offset, bytes.count)...])
        }
        perform(step)
    }

    private mutating func judge(_ verdict: Lifecycle.Verdict) {
        if question == .verdict, verdict == .admitted, !isForged {
            check(held.isDisjoint(with: .admission) || isKept, "counted twice")
            wasAdmitted = true
            held.formUnion([.admission, .backend])
        }
        perform(lifecycle.judged(verdict))
    }

    private mutating func dial(_ outcome: Lifecycle.DialOutcome) {
        if question == .dial, case .underWay = outcome { isConnecting = true }
        perform(lifecycle.dialed(outcome))
    }

    private mutating func pass(_ bytes: [UInt8]) {
        passed += bytes
        check(held.isSuperset(of: [.admission, .backend]), "bytes for a backend that is not held")
        if isGuarded, !isImpossible {
            check(!passed.starts(with: Array("PROXY".utf8)), "a forged header passed")
        }
    }

    private mutating func perform(_ step: borrowing Lifecycle.Step) {
        check(held.isSuperset(of: step.released), "\(step.released) given back twice")
        check(held.isDisjoint(with: step.acquired), "\(step.acquired) taken twice")
        held = held.subtracting(step.released).union(step.acquired)
        if hasEnded { check(isNothing(step), "\(step.action) after the end") }
        switch step.action {
        case .judge(_, let isForged): (question, self.isForged) = (.verdict, isForged)
        case .dial, .redial:
            check(wasAdmitted && !isDenied, "dialed without a verdict")
            (question, isConnecting) = (.dial, false)
        case .deny:
            check(!isDenied, "denied twice")
            (question, isDenied) = (.words, true)
        case .relay:
            question = nil
            passed = []
            pass(step.toBackend)
        case .end:
            recordCount += 1
            question = nil
            check(held.isEmpty, "\(held) is kept for ever")
        case .linger, .drain: question = nil
        case .wait:
            if !isConnecting, step.deadline != nil { question = nil }
        case .next: isKept = true
        case .passOn, .passAnswer, .shutdownWrite, .startTLS, .kill: break
        }
        if !step.toBackend.isEmpty { check(held.contains(.backend), "bytes for no backend") }
    }

    private func isNothing(_ step: borrowing Lifecycle.Step) -> Bool {
        guard case .wait = step.action else { return false }
        return step.released.isEmpty && step.acquired.isEmpty && step.toClient.isEmpty
            && step.toBackend.isEmpty && step.deadline == nil
    }

    private mutating func check(_ holds: Bool, _ violation: String) {
        if !holds { violations.append(violation) }
    }
}
