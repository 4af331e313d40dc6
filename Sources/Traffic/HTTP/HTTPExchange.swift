import HTTPProtocol
import Policy
import Text

/// An HTTP request whose head was sent to a backend, and its answer.
public struct HTTPExchange: Exchange {
    /// What an answer is collected for, instead of being passed on at once.
    private enum Purpose {
        /// Its status, and the address of its error log.
        case load
        /// The addresses of backends.
        case backendList
    }

    /// What only some answers need; an array of at most one, which takes one word.
    private struct Parts {
        /// Of an answer whose head arrives in pieces.
        var reader = HTTPAnswerReader()
        var collector: AnswerCollector?
        var loadStatus: String?
    }

    private let task: HTTPTask
    private var parts: [Parts] = []
    /// Of the answer; 0 while it is awaited.
    private var status: UInt16 = 0
    private var keepsConnection = false
    public private(set) var endsWithStream = false
    private var hasBegun = false
    private var interimCount: UInt8 = 0
    /// Whether the backend is one of the service's own, which may get the next request too.
    private let isOwnBackend: Bool
    /// Whether 100 was sent to the client already.
    private let hasContinued: Bool

    init(_ task: HTTPTask, isOwnBackend: Bool, hasContinued: Bool) {
        self.task = task
        self.isOwnBackend = isOwnBackend
        self.hasContinued = hasContinued
        guard let purpose else { return }
        let limit =
            purpose == .load ? AnswerCollector.loadByteLimit : AnswerCollector.listByteLimit
        let collector = AnswerCollector(answering: plan.record.method, byteLimit: limit)
        parts = [Parts(collector: collector)]
    }

    private var plan: HTTPRequestPlan { task.plan }
    private var purpose: Purpose? { Self.purpose(of: plan, task.rules) }

    private static func purpose(of plan: HTTPRequestPlan, _ rules: HTTPRules) -> Purpose? {
        switch plan.record.pathClass {
        case .backendList where rules.terms.rewritesBackendList: .backendList
        case let pathClass where pathClass.hasLoadStatus && plan.record.method != "GET": .load
        default: nil
        }
    }

    public var awaitsAnswer: Bool { status == 0 }

    public var patience: Duration { plan.patience(task.rules.terms) }

    public var timeout: ExchangeStep {
        .refused(.answerTimeout, detail: "the backend did not answer within \(patience)")
    }

    public var end: ExchangeEnd {
        let keeps = keepsConnection && plan.head.keepsConnection
        return ExchangeEnd(
            next: keeps ? task.rules.next : nil,
            keepsBackend: keeps && isOwnBackend && parts.first?.collector?.hasExcess != true,
            record: record
        )
    }

    private var record: HTTPRequestRecord {
        var record = plan.record
        if status != 0 { record.status = Int(status) }
        record.loadStatus = parts.first?.loadStatus
        return record
    }
}

// MARK: - The answer

extension HTTPExchange {
    public mutating func receive(_ bytes: Span<UInt8>) -> ExchangeStep {
        if parts.first?.collector != nil { return collect(bytes) }
        var reader = parts.first?.reader ?? HTTPAnswerReader()
        let isFirst = !hasBegun
        hasBegun = true
        var words: [UInt8] = []
        var position = 0
        do throws(HTTPSyntaxError) {
            while position < bytes.count {
                let rest = bytes.extracting(position..<bytes.count)
                guard let (head, count) = try reader.receive(rest) else {
                    parts = [Parts(reader: reader)]
                    return .more(toClient: words)
                }
                position += count
                if head.status == 101 { return upgrade(head, bytes.copy(from: position)) }
                guard head.isInterim else {
                    let isUnchanged = isFirst && position == count && !head.hasLocationCredentials
                    return answer(head, words, isUnchanged, position)
                }
                words += self.words(for: head)
                guard allowsInterim() else { return tooManyInterim }
            }
        } catch {
            return malformed(error)
        }
        return .more(toClient: words)
    }

    /// - Parameter isUnchanged: whether the bytes shown begin with the head, and pass as they are.
    private mutating func answer(
        _ head: HTTPAnswerHead,
        _ words: [UInt8],
        _ isUnchanged: Bool,
        _ position: Int
    ) -> ExchangeStep {
        let body = head.body(answering: plan.record.method)
        know(head, endsWithStream: body == nil)
        return .answer(
            ExchangeAnswer(
                held: isUnchanged ? [] : words + head.bytesForClient,
                offset: isUnchanged ? 0 : position,
                bodyOffset: position,
                body: body
            )
        )
    }

    private mutating func know(_ head: HTTPAnswerHead, endsWithStream: Bool) {
        status = UInt16(clamping: head.status)
        keepsConnection = head.keepsConnection && !endsWithStream
        self.endsWithStream = endsWithStream
    }

    /// What the client is sent of an interim answer. HTTP/1.0 does not know any (RFC 9110 §15.2).
    private func words(for head: HTTPAnswerHead) -> [UInt8] {
        guard plan.head.minorVersion == 1 else { return [] }
        return head.status == 100 && hasContinued ? [] : head.bytes
    }

    private mutating func allowsInterim() -> Bool {
        interimCount += 1
        return interimCount <= AnswerCollector.interimLimit
    }

    private var tooManyInterim: ExchangeStep {
        .refused(
            .badAnswer,
            detail: "the backend sent more than \(AnswerCollector.interimLimit) interim answers"
        )
    }

    /// Only to what the client has asked for (RFC 9110 §7.8).
    private mutating func upgrade(_ head: HTTPAnswerHead, _ rest: [UInt8]) -> ExchangeStep {
        guard plan.head.upgrades, let asked = plan.head.value(of: "upgrade"),
            let chosen = head.value(of: "upgrade"),
            asked.lowercased().split(separator: ",").contains(where: {
                $0.trimmingBlanks == chosen.lowercased()[...]
            })
        else { return malformed(.badStatusLine) }
        status = UInt16(clamping: head.status)
        return .upgrade(head.bytes + rest)
    }

    private func malformed(_ error: HTTPSyntaxError) -> ExchangeStep {
        .refused(.badAnswer, detail: "the backend's answer is malformed: \(error)")
    }

    public var hasAnswerPart: Bool {
        guard let parts = parts.first else { return false }
        return parts.collector?.hasPart ?? !parts.reader.isEmpty
    }

    public mutating func endOfAnswer(hasFailed: Bool) -> ExchangeStep {
        if hasFailed, hasBegun {
            return .refused(.badAnswer, detail: "the backend's answer is cut off")
        }
        if let collector = parts.first?.collector, collector.endsWithStream,
            let head = collector.head
        {
            know(head, endsWithStream: true)
            return .finished(finalWords(of: collector))
        }
        guard !hasBegun, task.reusesBackend else {
            return .refused(
                .badAnswer,
                detail: "the backend closed the connection without an answer"
            )
        }
        // A kept connection that the backend has closed at the same moment (RFC 9112 §9.3.1).
        guard plan.isRepeatable else { return .left }
        return .again(task.anew.dialogue, .anew)
    }
}

// MARK: - Collected answers

extension HTTPExchange {
    private mutating func collect(_ bytes: Span<UInt8>) -> ExchangeStep {
        guard var collector = parts[0].collector else { return .more(toClient: []) }
        // The only reference: what was collected is not copied for each piece.
        parts[0].collector = nil
        defer { parts[0].collector = collector }
        hasBegun = true
        do throws(AnswerCollector.Failure) {
            let interim = try collector.receive(bytes)
            guard collector.isComplete, let head = collector.head else {
                return .more(toClient: interim.flatMap { words(for: $0) })
            }
            know(head, endsWithStream: false)
            let first = interim.flatMap { words(for: $0) }
            return passed(first + finalWords(of: collector), of: bytes, body: .bytes(0))
        } catch {
            switch error {
            case .malformed(let error): return malformed(error)
            case .tooLong: return passLong(collector, bytes)
            }
        }
    }

    /// One that is longer than expected passes as it is.
    private mutating func passLong(_ collector: AnswerCollector, _ bytes: Span<UInt8>)
        -> ExchangeStep
    {
        guard let head = collector.head else { return malformed(.headTooLong) }
        know(head, endsWithStream: collector.body == nil)
        return passed(head.bytes + collector.content, of: bytes, body: collector.body)
    }

    private func passed(_ words: [UInt8], of bytes: Span<UInt8>, body: BodyLength?) -> ExchangeStep
    {
        let count = bytes.count
        return .answer(ExchangeAnswer(held: words, offset: count, bodyOffset: count, body: body))
    }

    private mutating func finalWords(of collector: AnswerCollector) -> [UInt8] {
        guard let head = collector.head else { return [] }
        var answer = LoadAnswer(collector.plainContent)
        var hasChanged: Bool
        switch purpose {
        case .load:
            parts[0].loadStatus = answer.status
            hasChanged =
                task.rules.terms.rewritesErrorURL && answer.replaceErrorURL { task.errorURL($0) }
        case .backendList:
            hasChanged =
                plan.head.gatewayPlace(isSecure: task.client.isSecure).map {
                    answer.replaceBackends(host: $0.host, port: $0.port)
                } ?? false
        case nil: hasChanged = false
        }
        if head.value(of: "content-encoding") != nil { hasChanged = false }
        return collector.words(for: plan.head, replacing: hasChanged ? answer.content : nil)
    }
}

extension Substring {
    /// Without spaces and tabs around it.
    fileprivate var trimmingBlanks: Substring {
        var text = self
        while let first = text.utf8.first, first.isBlank { text.removeFirst() }
        while let last = text.utf8.last, last.isBlank { text.removeLast() }
        return text
    }
}

extension HTTPRequestPlan {
    /// Whether doing it twice does no more than doing it once (RFC 9110 §9.2.2), and nothing but the
    /// head was sent.
    var isRepeatable: Bool {
        guard !head.declaresBody else { return false }
        switch record.method {
        case "GET", "HEAD", "OPTIONS": return true
        default: return false
        }
    }

    /// How long the answer may take: a load's own timeout, in seconds, may be longer than the listener's.
    func patience(_ terms: HTTPTerms) -> Duration {
        guard record.pathClass.isRedirected, let text = head.value(of: "timeout"),
            let seconds = UInt32(text), seconds <= 14 * 86_400
        else { return terms.answerTimeout }
        return max(terms.answerTimeout, .seconds(seconds))
    }
}

extension HTTPTask {
    /// An address of the gateway's own that leads to a load's error log.
    func errorURL(_ text: String) -> String? {
        // `try?`: what is not a URL is passed on as it is.
        guard let authority = plan.head.authority,
            let location = try? RedirectLocation(text, relativeTo: backend)
        else { return nil }
        return
            "\(client.scheme)://\(authority)\(path(to: location, lifetime: Self.errorLogLifetime))"
    }
}

extension HTTPRequestHead {
    /// The gateway, as the client has addressed it.
    fileprivate func gatewayPlace(isSecure: Bool) -> (host: String, port: String)? {
        guard let authority else { return nil }
        let bytes = Array(authority.utf8)
        let colon = bytes.lastIndex(of: UInt8(ascii: ":"))
        let bracket = bytes.lastIndex(of: UInt8(ascii: "]"))
        guard let colon, colon > bracket ?? -1 else {
            return (authority, isSecure ? "443" : "80")
        }
        return (
            String(decoding: bytes[..<colon], as: UTF8.self),
            String(decoding: bytes[(colon + 1)...], as: UTF8.self)
        )
    }
}
