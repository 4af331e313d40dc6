import HTTPProtocol
import Policy

/// What looks at the bytes of a relay, a watch or an exchange, and what is known of a connection's
/// requests. Not a part of the state, where it would be copied for each piece of the bytes.
///
/// It takes a word and a byte; most connections have none.
struct RelayObservation: Sendable {
    private enum Kind { case nothing, watch, exchange, awaitedAnswer }

    private struct Parts {
        /// Of a watched relay.
        var watch: (any ClientWatch)?
        /// The request and its answer that are being relayed.
        var exchange: (any Exchange)?
        /// What was learned before a connection's first request, and is true of all.
        var lasting = Introduction()
        /// Whether the client may be sending a body, which would meet a closed socket.
        var isSending = false
        /// Whether the backend has answered before it had all of the request.
        var isEarly = false
    }

    /// At most one: an array, which takes one word.
    private var parts: [Parts] = []
    /// Asked for each event, for which nothing is to be copied.
    private var kind = Kind.nothing
}

// MARK: - Watches

extension RelayObservation {
    var isWatch: Bool { kind == .watch }

    /// Whether the watch waits for ``resolved(_:)``; `nil` if there is none.
    var isWatchWaiting: Bool? { isWatch ? parts[0].watch?.isWaiting : nil }

    /// The session of a watched relay, as its backend knows it.
    var session: WatchedSession? { isWatch ? parts[0].watch?.session : nil }

    mutating func begin(_ watch: any ClientWatch) {
        if parts.isEmpty { parts = [Parts()] }
        parts[0].watch = watch
        kind = .watch
    }

    /// The client sent `bytes`.
    mutating func receiveFromClient(_ bytes: Span<UInt8>) -> WatchStep? {
        isWatch ? parts[0].watch?.receive(bytes) : nil
    }

    mutating func resolved(_ target: KillTarget) -> WatchStep? {
        isWatchWaiting == true ? parts[0].watch?.resolved(target) : nil
    }
}

// MARK: - Exchanges

extension RelayObservation {
    var isExchange: Bool { kind == .exchange || kind == .awaitedAnswer }
    var awaitsAnswer: Bool { kind == .awaitedAnswer }
    var patience: Duration? { isExchange ? parts[0].exchange?.patience : nil }
    /// What is true of all requests of the connection.
    var lasting: Introduction { parts.isEmpty ? Introduction() : parts[0].lasting }
    /// Whether the client may be sending a request's body.
    var isClientSending: Bool { !parts.isEmpty && parts[0].isSending }
    /// Whether the answer, whose end is known, ends with the backend's stream.
    var endsWithStream: Bool { isExchange && parts[0].exchange?.endsWithStream == true }
    /// Whether a part of the answer has been seen.
    var hasAnswerPart: Bool { awaitsAnswer && parts[0].exchange?.hasAnswerPart == true }
    /// The words for a client whose request is not answered in time.
    var timeout: ExchangeStep? { awaitsAnswer ? parts[0].exchange?.timeout : nil }

    /// What follows the exchange.
    var exchangeEnd: ExchangeEnd? {
        guard isExchange, var end = parts[0].exchange?.end else { return nil }
        if parts[0].isEarly { end.keepsBackend = false }
        return end
    }

    /// A request was read.
    ///
    /// - Parameter lasting: see ``lasting``; only taken of the first one.
    mutating func note(_ request: HTTPRequestHead, lasting: @autoclosure () -> Introduction) {
        if parts.isEmpty { parts = [Parts(lasting: lasting())] }
        parts[0].isSending = request.declaresBody
        parts[0].isEarly = false
    }

    mutating func begin(_ exchange: any Exchange) {
        if parts.isEmpty { parts = [Parts()] }
        kind = exchange.awaitsAnswer ? .awaitedAnswer : .exchange
        parts[0].exchange = exchange
    }

    /// The backend sent `bytes`, while an answer is awaited.
    mutating func receiveFromBackend(_ bytes: Span<UInt8>) -> ExchangeStep? {
        guard awaitsAnswer, let step = parts[0].exchange?.receive(bytes) else { return nil }
        noteAnswer()
        return step
    }

    /// The backend will send no more; if it has failed, more was to come.
    mutating func endOfAnswer(hasFailed: Bool) -> ExchangeStep? {
        guard awaitsAnswer, let step = parts[0].exchange?.endOfAnswer(hasFailed: hasFailed)
        else { return nil }
        noteAnswer()
        return step
    }

    private mutating func noteAnswer() {
        if parts[0].exchange?.awaitsAnswer == false { kind = .exchange }
    }

    /// The backend has answered before it had all of the request.
    mutating func noteEarlyAnswer() {
        if isExchange { parts[0].isEarly = true }
    }
}

extension RelayObservation {
    /// Ends the watch or the exchange.
    mutating func end() {
        switch kind {
        case .nothing: return
        case .watch: parts[0].watch = nil
        case .exchange, .awaitedAnswer: parts[0].exchange = nil
        }
        kind = .nothing
    }
}
