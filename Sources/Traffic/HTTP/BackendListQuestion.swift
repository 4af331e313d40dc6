import HTTPProtocol
import Text

/// Asks a front end of Doris for its backends: `GET /api/backends?is_alive=true`.
///
/// In HTTP/1.0, whose answers have no transfer coding (RFC 9112 §7) and end with the connection.
public struct BackendListQuestion: LearningProbe {
    /// Longer answers are refused.
    public static let contentLimit = 1 << 20

    /// It holds the password.
    private let request: [UInt8]
    private var reader = HTTPAnswerReader()
    private var hasHead = false
    private var interimCount = 0
    private var body: BodyLength?
    private var content: [UInt8] = []

    /// - Parameters:
    ///   - host: the value of the field `Host`; control characters and spaces are removed.
    ///   - user: without a colon (RFC 7617 §2).
    public init(host: String, user: String, password: [UInt8]) {
        let host = String(decoding: host.utf8.filter(\.isVisible), as: UTF8.self)
        let credentials = (Array("\(user):".utf8) + password).base64
        let lines = [
            "GET /api/backends?is_alive=true HTTP/1.0", "Host: \(host)",
            "Authorization: Basic \(credentials)", "User-Agent: sluice",
            "Accept: application/json", "Connection: close", "", "",
        ]
        request = Array(lines.joined(separator: "\r\n").utf8)
    }

    public var opening: HealthProbeStep { .send(request) }
    /// With the head.
    public var answerLimit: Int { Self.contentLimit + 1 << 17 }

    public mutating func receive(_ bytes: Span<UInt8>) -> HealthProbeStep {
        var position = 0
        do throws(HTTPSyntaxError) {
            while !hasHead {
                let rest = bytes.extracting(position..<bytes.count)
                guard !rest.isEmpty, let (head, count) = try reader.receive(rest) else {
                    return .wait
                }
                position += count
                guard !head.isInterim else {
                    interimCount += 1
                    guard interimCount <= AnswerCollector.interimLimit else {
                        return .unhealthy(reason: "sent interim answers only")
                    }
                    continue
                }
                if let reason = refusal(by: head) { return .unhealthy(reason: reason) }
                hasHead = true
                body = head.body(answering: "GET")
            }
            let rest = bytes.extracting(position..<bytes.count)
            let count = try body?.receive(rest) ?? rest.count
            for index in 0..<count { content.append(rest[index]) }
        } catch {
            return .unhealthy(reason: "sent no valid HTTP answer: \(error)")
        }
        guard content.count <= Self.contentLimit else {
            return .unhealthy(reason: "sent more than \(Self.contentLimit) bytes")
        }
        return body?.isComplete == true ? conclusion() : .wait
    }

    public func receiveEndOfStream() -> HealthProbeStep {
        guard hasHead, body == nil else {
            return .unhealthy(reason: "closed the connection before its answer's end")
        }
        return conclusion()
    }

    private func refusal(by head: HTTPAnswerHead) -> String? {
        if head.status == 401 || head.status == 403 {
            return "\(LearnedServersError.refused(code: "\(head.status)"))"
        }
        guard head.status == 200 else { return "HTTP status \(head.status)" }
        return head.value(of: "transfer-encoding") == nil ? nil : "sent chunks to HTTP/1.0"
    }

    private func conclusion() -> HealthProbeStep {
        switch answer {
        case .success: .healthy(farewell: [])
        case .failure(let error): .unhealthy(reason: "\(error)")
        }
    }

    private var answer: Result<LearnedServers, LearnedServersError> {
        Result { () throws(LearnedServersError) in try LearnedServers(backendList: content) }
    }

    public var servers: LearnedServers? {
        guard case .success(let servers) = answer else { return nil }
        return servers
    }
}
