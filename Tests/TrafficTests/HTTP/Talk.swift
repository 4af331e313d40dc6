import HTTPProtocol
import Policy
import Testing

@testable import Traffic

let load =
    "PUT /api/db/t/_stream_load?x=%20 HTTP/1.1\r\nHost: fe:8030\r\nlabel: l1\r\ncolumn_separator: |\r\nContent-Length: 4\r\n"
let loaded = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"Status\":\"Success\"}"

func redirect(_ location: String) -> String {
    "HTTP/1.1 307 Temporary Redirect\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n"
}

/// Hides nothing: for tests of what is sealed.
private struct OpenSeal: TokenSealing {
    func seal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    func open(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16) ?? 0
        }
    }
}

/// Both sides of an HTTP dialogue, and of the exchange that follows it.
struct Talk {
    let plan: HTTPRequestPlan
    private var dialogue: any Dialogue
    private var clientBytes: [UInt8]
    private(set) var exchange: (any Exchange)?
    private(set) var bounds: ExchangeBounds?
    private var ended: ExchangeEnd?
    var toBackend = ""
    var toClient = ""
    private(set) var dialed: [DialTarget] = []
    private(set) var refusal: DenialReason?
    private(set) var hasLeft = false
    private(set) var isUpgraded = false
    private(set) var isComplete = false

    init(
        _ request: String,
        _ terms: HTTPTerms? = nil,
        reusesBackend: Bool = false,
        seconds: Int64 = 1_000,
        service: String = "s"
    ) throws {
        var standard = HTTPTerms()
        standard.mode = .follow
        let rules = HTTPRules(terms ?? standard, seal: OpenSeal())
        let bytes = Array(request.utf8)
        var reader = HTTPRequestReader()
        let (head, count) = try #require(try reader.receive(bytes.span))
        clientBytes = Array(bytes[count...])
        plan = try HTTPRequestPlan(head, under: rules, service: service, seconds: seconds)
        let task = HTTPTask(
            plan,
            of: HTTPClient("203.0.113.7", isSecure: false, under: rules),
            backend: BackendAddress(host: .name("fe"), port: 8030),
            reusesBackend: reusesBackend,
            service: service,
            seconds: seconds
        )
        dialogue = task.dialogue
    }

    var end: ExchangeEnd? { ended ?? exchange?.end }

    mutating func connect() {
        toBackend = ""
        let bytes = clientBytes
        clientBytes = []
        let step = dialogue.begin(clientBytes: bytes)
        follow(step)
    }

    mutating func backend(_ text: String) {
        let bytes = Array(text.utf8)
        if isComplete || bytes.isEmpty { return }
        guard exchange != nil else {
            let step = dialogue.receive(bytes.span, from: .backend)
            return follow(step)
        }
        guard exchange?.awaitsAnswer == true else {
            toClient += text
            return pass(bytes)
        }
        guard let step = exchange?.receive(bytes.span) else { return }
        follow(step, bytes)
    }

    mutating func endOfBackend(hasFailed: Bool = false) {
        guard let step = exchange?.endOfAnswer(hasFailed: hasFailed) else {
            let step = hasFailed ? dialogue.backendFailed() : dialogue.endOfStream(from: .backend)
            return follow(step)
        }
        follow(step, [])
    }

    mutating func dialFailed(_ reason: DenialReason = .noBackend) {
        let step = dialogue.dialFailed(reason, detail: "")
        follow(step)
    }

    mutating func deadlinePassed() {
        let step = dialogue.deadlinePassed()
        follow(step)
    }

    private var body: BodyLength?

    private mutating func pass(_ bytes: [UInt8]) {
        _ = try? body?.receive(bytes.span)
        isComplete = body?.isComplete == true
    }

    private mutating func follow(_ step: ExchangeStep, _ bytes: [UInt8]) {
        switch step {
        case .more(let words): toClient += text(words)
        case .answer(let answer):
            toClient += text(answer.held) + text(Array(bytes[answer.offset...]))
            body = answer.body
            pass(Array(bytes[answer.bodyOffset...]))
        case .upgrade(let words):
            toClient += text(words)
            isUpgraded = true
        case .again(let next, let target):
            dialogue = next
            exchange = nil
            dialed.append(target)
        case .refused(let reason, _): refusal = reason
        case .finished(let words): toClient += text(words)
        case .left: hasLeft = true
        }
    }

    private mutating func follow(_ step: DialogueStep) {
        switch step {
        case .more(let messages): send(messages)
        case .dial(let target): dialed.append(target)
        case .relay(let messages, let terms):
            send(messages)
            guard case .exchange(let exchange, let bounds) = terms else { return }
            (self.exchange, self.bounds) = (exchange, bounds)
        case .refused(let reason, _), .denied(let reason, _, _): refusal = reason
        case .answered(let words, let end, _):
            toClient += text(words)
            ended = end
        case .left: hasLeft = true
        case .startTLS: Issue.record("TLS")
        }
    }

    private mutating func send(_ messages: Messages) {
        toClient += text(messages.toClient)
        toBackend += text(messages.toBackend)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
