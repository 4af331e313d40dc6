import Policy
import Text

/// The prologues of a connection, in the order in which they read, and the bytes that all of them
/// have let through.
///
/// ```swift
/// var firstBytes = FirstBytes([ProxyHeaderPrologue(…), ForgedHeaderGuard()])
/// switch firstBytes.receive(bytes, introducing: &introduction) {
/// case .more(let reply): …             // send, read on
/// case .passed(let replay): …          // replay.held, then bytes[replay.offset...]
/// case .refused(let reason, _): …
/// …
/// }
/// ```
public struct FirstBytes: Sendable {
    /// The result of some bytes, or of their end.
    enum Step: Equatable {
        /// Some prologue needs more bytes.
        case more(reply: [UInt8])
        /// All prologues are done, and these bytes may go to the backend.
        case passed(Replay)
        /// TLS with the client, whose handshake begins with these bytes.
        case startTLS([UInt8])
        case refused(DenialReason, detail: String)
        case denied(DenialReason, detail: String, words: [UInt8])
        case finished(reply: [UInt8])
        case left(isProbe: Bool)
    }

    /// In the order in which they read. Connections share the array until a prologue has to remember
    /// something, which most never do.
    private var prologues: [any Prologue]
    /// The position of the one that reads now.
    private var position: UInt32 = 0
    /// The position from which all of them run during the relay.
    private let introducedPosition: UInt32

    /// - Parameter prologues: in the order in which they read.
    public init(_ prologues: [any Prologue]) {
        self.prologues = prologues
        let last = prologues.lastIndex { !$0.runsBesideRelay }
        introducedPosition = UInt32(last.map { $0 + 1 } ?? 0)
    }

    /// No prologue: everything passes.
    public static let unguarded = FirstBytes([])

    /// Whether a prologue has decided since `before`.
    func hasAdvanced(from before: FirstBytes) -> Bool { position > before.position }

    /// Whether all prologues have decided.
    public var isPassed: Bool { position == prologues.count }

    private var reader: any Prologue {
        get { prologues[Int(position)] }
        set { prologues[Int(position)] = newValue }
    }

    /// Whether the client can be judged: everything left to read can be read during the relay.
    public var isIntroduced: Bool { position >= introducedPosition }

    /// The first prologue starts.
    ///
    /// - Returns: what is sent to the client.
    mutating func begin() -> [UInt8] {
        guard !isPassed else { return [] }
        var prologue = reader
        let greeting = prologue.begin()
        if !greeting.isEmpty { reader = prologue }
        return greeting
    }

    /// Shows the prologues the client's next bytes, at least one.
    mutating func receive(_ bytes: Span<UInt8>, introducing introduction: inout Introduction)
        -> Step
    {
        guard !isPassed else { return .passed(Replay()) }
        var prologue = reader
        let step = prologue.receive(bytes)
        return advance(to: step, of: prologue, &introduction, byteCount: bytes.count) { replay in
            replay.all(of: bytes)
        }
    }

    /// The client will send no more.
    mutating func endOfStream(introducing introduction: inout Introduction) -> Step {
        guard !isPassed else { return .passed(Replay()) }
        let start = position
        var prologue = reader
        let step = prologue.endOfStream()
        let next = advance(to: step, of: prologue, &introduction, byteCount: 0) { $0.held }
        // It is also the end of what the next prologue reads.
        guard case .more = next, position > start, !isIntroduced else { return next }
        return endOfStream(introducing: &introduction)
    }

    /// The time for the first bytes is over.
    mutating func deadlinePassed(introducing introduction: inout Introduction) -> Step {
        guard !isPassed else { return .passed(Replay()) }
        var prologue = reader
        let step = prologue.deadlinePassed()
        return advance(to: step, of: prologue, &introduction, byteCount: 0) { $0.held }
    }

    /// TLS with the client is established.
    mutating func secured(
        _ session: TLSSession,
        introducing introduction: inout Introduction
    ) -> Step {
        introduction.add(.tlsSession(session))
        guard !isPassed else { return .passed(Replay()) }
        var prologue = reader
        let step = prologue.secured(session)
        return advance(to: step, of: prologue, &introduction, byteCount: 0) { $0.held }
    }

    private mutating func advance(
        to step: PrologueStep,
        of prologue: any Prologue,
        _ introduction: inout Introduction,
        byteCount: Int,
        replayedBytes: (Replay) -> [UInt8]
    ) -> Step {
        switch step {
        case .more(let reply):
            reader = prologue
            return .more(reply: reply)
        case .decided(let finding, let replay):
            if let finding { introduction.add(finding) }
            position += 1
            // Mostly it was the last one, and held nothing: then nothing is copied.
            guard !isPassed else { return .passed(replay) }
            return replayAll(replayedBytes(replay), of: byteCount, &introduction)
        case .startTLS(let replay):
            reader = prologue
            return .startTLS(replayedBytes(replay))
        case .refused(let reason, let detail): return .refused(reason, detail: detail)
        case .denied(let reason, let detail, let words):
            return .denied(reason, detail: detail, words: words)
        case .finished(let reply): return .finished(reply: reply)
        case .left(let isProbe): return .left(isProbe: isProbe)
        }
    }

    /// Shows the next prologues what the one before them has let through, `byteCount` of the
    /// caller's bytes included.
    private mutating func replayAll(
        _ bytes: [UInt8],
        of byteCount: Int,
        _ introduction: inout Introduction
    ) -> Step {
        let greeting = begin()
        guard !bytes.isEmpty else { return .more(reply: greeting) }
        switch receive(bytes.span, introducing: &introduction) {
        case .more(let reply):
            return .more(reply: greeting + reply)
        case .passed(let replay):
            return .passed(Replay(held: replay.held + bytes[replay.offset...], offset: byteCount))
        case let step:
            return step
        }
    }
}
