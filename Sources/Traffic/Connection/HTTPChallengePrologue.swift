/// The answers that an authority looks for over HTTP (RFC 8555 §8.3).
public protocol HTTPChallengeAnswers: Sendable {
    /// The body for a token that is looked for now; `nil` for any other.
    func keyAuthorization(of token: String) -> String?
}

/// Answers an authority that looks whether a name is the gateway's, before any verdict and without a
/// backend: only for tokens of an order that is under way.
///
/// Every other client is passed on with the first byte in which its request differs.
public struct HTTPChallengePrologue: Prologue {
    private static let prefix = Array("GET /.well-known/acme-challenge/".utf8)
    /// Of a token; those in use have 43.
    private static let tokenLimit = 256

    private let answers: any HTTPChallengeAnswers
    private var held: [UInt8] = []

    public init(_ answers: any HTTPChallengeAnswers) {
        self.answers = answers
    }

    public mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep {
        var start = 0
        while held.count < Self.prefix.count {
            guard start < bytes.count else { return .more() }
            guard bytes[start] == Self.prefix[held.count] else { return passOn(from: start) }
            held.append(bytes[start])
            start += 1
        }
        while start < bytes.count {
            let byte = bytes[start]
            if byte == UInt8(ascii: " ") { return answer(passingFrom: start) }
            guard held.count < Self.prefix.count + Self.tokenLimit, byte.isOfToken else {
                return passOn(from: start)
            }
            held.append(byte)
            start += 1
        }
        return .more()
    }

    private func answer(passingFrom start: Int) -> PrologueStep {
        let token = String(decoding: held[Self.prefix.count...], as: UTF8.self)
        guard let body = answers.keyAuthorization(of: token) else { return passOn(from: start) }
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
        return .finished(reply: Array((head + body).utf8))
    }

    private func passOn(from start: Int) -> PrologueStep {
        .decided(nil, replay: Replay(held: held, offset: start))
    }

    public mutating func endOfStream() -> PrologueStep {
        held.isEmpty ? .left(isProbe: true) : passOn(from: 0)
    }

    public mutating func deadlinePassed() -> PrologueStep { passOn(from: 0) }
}

extension UInt8 {
    /// A character of base64url (RFC 4648 §5).
    fileprivate var isOfToken: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
