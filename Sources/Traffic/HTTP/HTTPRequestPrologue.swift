import HTTPProtocol
import Policy
import ProxyProtocol

/// Reads the head of each HTTP request that the gateway itself carries to a backend.
///
/// It reads strictly: what a backend could read in another way is refused with 400.
public struct HTTPRequestPrologue: Prologue {
    /// Of a head that has begun, at most one: an array, which takes one word.
    private var begun: [HTTPRequestReader] = []

    public init() {}

    public mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep {
        var reader = begun.first ?? HTTPRequestReader()
        do throws(HTTPSyntaxError) {
            guard let (head, count) = try reader.receive(bytes) else {
                begun = [reader]
                return .more()
            }
            return .decided(.request(head), replay: Replay(offset: count))
        } catch {
            return refusal(error, reader.held)
        }
    }

    private var isEmpty: Bool { begun.first?.isEmpty ?? true }

    public mutating func endOfStream() -> PrologueStep { .left(isProbe: isEmpty) }

    /// A client that has sent nothing may be about to: it gets no answer to what it has not asked.
    public mutating func deadlinePassed() -> PrologueStep {
        if isEmpty {
            let detail = ForeignProtocol.silenceAtHTTPPort
            return .denied(.malformedRequest, detail: detail, words: [])
        }
        return .refused(
            .malformedRequest,
            detail: "the client did not send a whole request head in time"
        )
    }

    private func refusal(_ error: HTTPSyntaxError, _ held: [UInt8]) -> PrologueStep {
        var guardian = ProxySignatureGuard()
        if guardian.receive(held) == .header {
            return .refused(.unexpectedProxyHeader, detail: "")
        }
        if held.first == ClientHelloReader.handshakeRecord {
            return .refused(.malformedRequest, detail: "TLS spoken to a listener without TLS")
        }
        if ForeignProtocol.isMySQL(held.span) {
            return .refused(.malformedRequest, detail: ForeignProtocol.mySQLAtHTTPPort)
        }
        return .refused(
            .malformedRequest,
            detail: "the request's head is malformed: \(error)"
        )
    }
}
