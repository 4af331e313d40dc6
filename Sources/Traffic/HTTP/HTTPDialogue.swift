import HTTPProtocol
import Policy

/// Carries an HTTP request to the backend that is connected, and says nothing else.
struct PlainHTTPDialogue: Dialogue {
    private let task: HTTPTask

    init(_ task: HTTPTask) {
        self.task = task
    }

    var readsClient: Bool { false }
    var request: HTTPRequestRecord? { task.plan.record }

    mutating func begin(clientBytes: [UInt8]) -> DialogueStep {
        let head = task.plan.head
        var messages = Messages(toBackend: head.plain(for: task.client))
        var bounds = ExchangeBounds(toBackend: head.body)
        if !clientBytes.isEmpty {
            do throws(HTTPSyntaxError) {
                let count = try bounds.toBackend.receive(clientBytes.span)
                messages.toBackend += clientBytes[..<count]
                bounds.excess = Array(clientBytes[count...])
            } catch {
                let detail = "the request's body is malformed: \(error)"
                return .refused(.malformedRequest, detail: detail)
            }
        }
        let exchange = HTTPExchange(task, isOwnBackend: true, hasContinued: false)
        return .relay(messages, .exchange(exchange, bounds))
    }

    mutating func receive(_ bytes: Span<UInt8>, from side: RelaySide) -> DialogueStep { .left }
    mutating func endOfStream(from side: RelaySide) -> DialogueStep { .left }
    mutating func deadlinePassed() -> DialogueStep { .left }
}

/// Finds the server for an HTTP request that front ends redirect, and carries its head there.
///
/// The front end is asked with the head alone: its body stays with the client until
/// the right server is found, and goes there once. Nothing but heads was sent until then, so another
/// server may be tried.
struct HTTPDialogue: Dialogue {
    private enum Stage: Equatable {
        /// The whole request goes to the backend that is connected, which wants the body itself.
        case plain
        /// The backend is asked where the load goes.
        case asking
        /// A server that a redirect has named is asked whether it wants the body.
        case offering
        /// It is connected only to see that it can be: the client is sent to it by way of the gateway.
        case trying(RedirectLocation)
    }

    /// The most redirects that are followed: to HTTPS, to the leader, to the backend.
    private static let hopLimit = 3
    /// How often a front end is asked anew because the server that it named was of no use.
    private static let attemptLimit = 3
    /// How long a server may take to say that it wants the body: one that does not know Expect gets it
    /// then (RFC 9110 §10.1.1).
    private static let offerPatience = Duration.seconds(5)

    private let task: HTTPTask
    private var stage: Stage
    private var place: HTTPPlace?
    private var hops: [HTTPPlace] = []
    private var attempts = 1
    /// Which front end was too slow.
    private var timeout: String?
    private var mayBeStale: Bool
    private var collector: AnswerCollector
    /// The beginning of the body, as far as it came with the head.
    private var bodyBytes: [UInt8] = []
    private var body: BodyLength
    /// What the client has sent beyond the request.
    private var excess: [UInt8] = []

    init(_ task: HTTPTask) {
        self.task = task
        body = task.plan.head.body
        mayBeStale = task.reusesBackend
        collector = AnswerCollector(answering: task.plan.record.method)
        switch task.plan.way {
        case .plain: stage = .plain
        case .asked: stage = .asking
        case .direct(let server, let target):
            stage = .offering
            place = HTTPPlace(server: server, target: target)
        }
    }

    private var plan: HTTPRequestPlan { task.plan }
    private var terms: HTTPTerms { task.rules.terms }

    var readsClient: Bool { false }
    var request: HTTPRequestRecord? { plan.record }

    var patience: Duration? {
        switch stage {
        case .plain: nil
        case .asking: terms.redirectTimeout
        case .offering:
            plan.head.declaresBody ? Self.offerPatience : plan.patience(terms)
        case .trying: nil
        }
    }
}

// MARK: - What is sent

extension HTTPDialogue {
    mutating func begin(clientBytes: [UInt8]) -> DialogueStep {
        if !clientBytes.isEmpty, let step = split(clientBytes) { return step }
        collector = AnswerCollector(answering: plan.record.method)
        switch stage {
        case .plain:
            return relay(Messages(toBackend: plan.head.plain(for: task.client) + bodyBytes))
        case .asking:
            let question = plan.head.question(to: place, for: task.client)
            return .more(Messages(toBackend: question))
        case .offering where plan.record.pathClass.isRedirected:
            return .more(Messages(toBackend: plan.head.load(to: place, for: task.client)))
        case .offering:
            let head = plan.head.load(to: place, for: task.client, expects: false)
            return relay(Messages(toBackend: head + bodyBytes))
        case .trying(let location):
            return rewrite(location)
        }
    }

    /// Finds the body's part in what came with the head.
    private mutating func split(_ bytes: [UInt8]) -> DialogueStep? {
        do throws(HTTPSyntaxError) {
            let count = try body.receive(bytes.span)
            bodyBytes = Array(bytes[..<count])
            excess = Array(bytes[count...])
            return nil
        } catch {
            return .refused(
                .malformedRequest,
                detail: "the request's body is malformed: \(error)"
            )
        }
    }

    private func relay(_ messages: Messages, hasContinued: Bool = false) -> DialogueStep {
        let exchange = HTTPExchange(
            task,
            isOwnBackend: stage == .plain,
            hasContinued: hasContinued
        )
        return .relay(
            messages,
            .exchange(exchange, ExchangeBounds(toBackend: body, excess: excess))
        )
    }

    /// The server wants the body.
    private func send() -> DialogueStep {
        // A client whose body has come does not wait (RFC 9110 §10.1.1).
        let expects = plan.head.expectsContinue && bodyBytes.isEmpty
        return relay(
            Messages(toClient: expects ? Self.goOn : [], toBackend: bodyBytes),
            hasContinued: true
        )
    }

    private static let goOn = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
}

// MARK: - What is answered

extension HTTPDialogue {
    mutating func receive(_ bytes: Span<UInt8>, from side: RelaySide) -> DialogueStep {
        do throws(AnswerCollector.Failure) {
            let interim = try collector.receive(bytes)
            if let head = collector.head { return answered(head) }
            guard interim.contains(where: { $0.status == 100 }), plan.head.declaresBody else {
                return .more(Messages())
            }
            if stage == .offering { return send() }
            // It wants the body itself: it gets the request again, as a whole.
            stage = .plain
            return .dial(.anew)
        } catch {
            switch error {
            case .malformed(let error): return refused("malformed: \(error)")
            case .tooLong: return refused("longer than \(AnswerCollector.loadByteLimit) bytes")
            }
        }
    }

    private func refused(_ what: String) -> DialogueStep {
        .refused(.badAnswer, detail: "the answer to a load's head is \(what)")
    }

    private mutating func answered(_ head: HTTPAnswerHead) -> DialogueStep {
        if head.status == 307 || head.status == 308, let text = head.value(of: "location") {
            return follow(text)
        }
        return collector.isComplete ? finish(head) : .more(Messages())
    }

    /// The client gets a final answer without having sent its body.
    private func finish(_ head: HTTPAnswerHead) -> DialogueStep {
        var record = plan.record
        record.status = head.status
        var answer = LoadAnswer(collector.plainContent)
        record.loadStatus = answer.status
        var content: [UInt8]?
        if terms.rewritesErrorURL, answer.replaceErrorURL({ task.errorURL($0) }) {
            content = answer.content
        }
        let keeps =
            body.isComplete && plan.head.keepsConnection && head.keepsConnection
            && !collector.endsWithStream
        return .answered(
            collector.words(for: plan.head, replacing: content, closes: !keeps),
            ExchangeEnd(
                next: keeps ? task.rules.next : nil,
                keepsBackend: keeps && stage == .asking && place == nil && !collector.hasExcess,
                record: record
            ),
            excess: excess
        )
    }

    mutating func endOfStream(from side: RelaySide) -> DialogueStep {
        guard side == .backend else { return .left }
        if collector.endsWithStream, let head = collector.head { return finish(head) }
        guard !collector.hasBegun else { return refused("cut off") }
        // Without a body the head is all of the request, and may have been carried out.
        guard plan.head.declaresBody || plan.isRepeatable else {
            return mayBeStale ? .left : refused("missing: the connection was closed")
        }
        return tryAgain() ?? refused("missing: the connection was closed")
    }

    mutating func backendFailed() -> DialogueStep {
        collector.hasBegun ? refused("cut off") : endOfStream(from: .backend)
    }

    mutating func dialFailed(_ reason: DenialReason, detail: String) -> DialogueStep {
        guard reason == .noBackend, place != nil else {
            // There is none but the one that was too slow.
            if reason == .noBackend, let timeout {
                return .refused(.answerTimeout, detail: timeout)
            }
            return .refused(reason, detail: detail)
        }
        return tryAgain() ?? .refused(reason, detail: detail)
    }

    mutating func deadlinePassed() -> DialogueStep {
        if stage == .offering, plan.head.declaresBody { return send() }
        let reason = "did not answer a load's head within \(patience ?? .zero)"
        let detail = "\(place.map(\.server) ?? task.backend) \(reason)"
        timeout = detail
        let isFrontEnd = stage == .asking && place == nil
        guard isFrontEnd, plan.head.declaresBody || plan.isRepeatable, let step = tryAgain(reason)
        else { return .refused(.answerTimeout, detail: detail) }
        return step
    }

    /// Asks a front end anew: nothing but heads was sent.
    ///
    /// - Parameter reason: why the one that was asked is of no use, if that is known.
    private mutating func tryAgain(_ reason: String? = nil) -> DialogueStep? {
        if case .direct = plan.way { return nil }
        guard attempts < Self.attemptLimit else { return nil }
        attempts += 1
        // A server of a redirect, or a kept connection, says nothing of the front end.
        let isFrontEnd = place == nil && !mayBeStale
        mayBeStale = false
        stage = .asking
        place = nil
        hops = []
        return .dial(isFrontEnd ? .another(reason: reason) : .anew)
    }
}

// MARK: - Redirects

extension HTTPDialogue {
    private mutating func follow(_ text: String) -> DialogueStep {
        let base = place?.server ?? task.backend
        do throws(RedirectError) {
            let asked = place == nil ? plan.head.host : nil
            let location = try RedirectLocation(text, from: base, askedAs: asked)
            return terms.mode == .rewrite ? attempt(location) : follow(location)
        } catch {
            return refused(redirect: "its Location \(error)")
        }
    }

    private mutating func follow(_ location: RedirectLocation) -> DialogueStep {
        var next = HTTPPlace(server: location.server, target: location.target)
        guard !hops.contains(next) else { return refused(redirect: "it leads in a circle") }
        guard hops.count < Self.hopLimit else {
            return refused(redirect: "more than \(Self.hopLimit) in a row")
        }
        hops.append(next)
        if plan.head.value(of: "authorization") == nil {
            next.credentials = location.basicCredentials ?? place?.credentials
        }
        place = next
        mayBeStale = false
        stage = .offering
        return .dial(.redirected(next.server))
    }

    /// A server that is not allowed, or is down, is no use to the client.
    private mutating func attempt(_ location: RedirectLocation) -> DialogueStep {
        place = HTTPPlace(server: location.server, target: location.target)
        stage = .trying(location)
        return .dial(.redirected(location.server))
    }

    private func refused(redirect what: String) -> DialogueStep {
        .refused(.redirectRefused, detail: "a redirect is not followed: \(what)")
    }

    /// The client is sent to an address of the gateway's own, and comes back with its body.
    private func rewrite(_ location: RedirectLocation) -> DialogueStep {
        guard let authority = plan.head.authority else {
            return .refused(.malformedRequest, detail: "a redirect needs the request's Host")
        }
        let path = task.path(to: location, lifetime: HTTPTask.redirectLifetime)
        let keeps = body.isComplete && plan.head.keepsConnection
        var head = "HTTP/1.1 307 Temporary Redirect\r\n"
        head += "Location: \(task.client.scheme)://\(authority)\(path)\r\nContent-Length: 0\r\n"
        head += keeps ? "\r\n" : "Connection: close\r\n\r\n"
        var record = plan.record
        record.status = 307
        let end = ExchangeEnd(
            next: keeps ? task.rules.next : nil,
            keepsBackend: false,
            record: record
        )
        return .answered(Array(head.utf8), end, excess: excess)
    }
}
