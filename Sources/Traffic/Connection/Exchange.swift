public import HTTPProtocol
public import Policy

/// One request and its answer, which are relayed while both sides stay connected: what follows in the
/// client's stream is the next request.
///
/// An exchange has no socket and no clock. The engine moves the request's bytes up to their bound by
/// itself. It shows the exchange the backend's, until the exchange knows where the answer ends, and
/// moves the rest by itself too.
public protocol Exchange: Sendable {
    /// Whether the answer's end is not known yet: the backend's bytes are to be shown.
    var awaitsAnswer: Bool { get }
    /// How long it may take to be answered, if that is longer than a connection may be silent.
    var patience: Duration { get }
    /// The backend sent `bytes`, at least one, while ``awaitsAnswer``.
    mutating func receive(_ bytes: Span<UInt8>) -> ExchangeStep
    /// The backend will send no more, while ``awaitsAnswer``.
    ///
    /// - Parameter hasFailed: whether more was to come.
    mutating func endOfAnswer(hasFailed: Bool) -> ExchangeStep
    /// Whether a part of an answer has been seen, while ``awaitsAnswer``.
    var hasAnswerPart: Bool { get }
    /// Whether the answer, whose end is known, ends with the backend's stream.
    var endsWithStream: Bool { get }
    /// What follows once all was relayed.
    var end: ExchangeEnd { get }
    /// The words for a client whose request is not answered in time.
    var timeout: ExchangeStep { get }
}

/// What an exchange makes of the backend's bytes.
public enum ExchangeStep: Sendable {
    /// More are needed. `toClient` is sent first: an answer that announces another one.
    case more(toClient: [UInt8])
    /// The answer's end is known.
    case answer(ExchangeAnswer)
    /// Both sides speak another protocol from now on: all bytes pass, these first.
    case upgrade([UInt8])
    /// The request is to be repeated: nothing has come of it.
    case again(any Dialogue, DialTarget)
    /// The client is to be denied, in place of an answer.
    case refused(DenialReason, detail: String)
    /// These are the rest of the answer, after which the connection ends.
    case finished([UInt8])
    /// The connection ends without a word: the client may repeat its request.
    case left
}

/// How an answer is passed on.
public struct ExchangeAnswer: Hashable, Sendable {
    /// Sent first: what was held, or is sent in place of what the backend has sent.
    public var held: [UInt8]
    /// The position, among the bytes last shown, of the first one that is passed on.
    public var offset: Int
    /// The position of the first one that is under the bound; those before it all pass.
    public var bodyOffset: Int
    /// Where the answer ends; `nil` for the end of the backend's stream.
    public var body: BodyLength?

    public init(held: [UInt8] = [], offset: Int, bodyOffset: Int, body: BodyLength?) {
        self.held = held
        self.offset = offset
        self.bodyOffset = bodyOffset
        self.body = body
    }
}

/// Where a request ends, and its answer if that is known.
public struct ExchangeBounds: Sendable {
    /// How much of the client's stream still belongs to the request.
    public var toBackend: BodyLength
    /// How much of the backend's stream belongs to the answer; `nil` while that is awaited.
    public var toClient: BodyLength?
    /// Bytes of the client that were seen beyond the bound, which is then complete. The next request
    /// begins with them.
    public var excess: [UInt8]

    public init(toBackend: BodyLength, toClient: BodyLength? = nil, excess: [UInt8] = []) {
        self.toBackend = toBackend
        self.toClient = toClient
        self.excess = excess
    }
}

/// What follows an exchange.
public struct ExchangeEnd: Sendable {
    /// What reads the client's next request; `nil` if the connection ends.
    public var next: FirstBytes?
    /// Whether the backend may get the next request too.
    public var keepsBackend: Bool
    public var record: HTTPRequestRecord

    public init(next: FirstBytes?, keepsBackend: Bool, record: HTTPRequestRecord) {
        self.next = next
        self.keepsBackend = keepsBackend
        self.record = record
    }
}
