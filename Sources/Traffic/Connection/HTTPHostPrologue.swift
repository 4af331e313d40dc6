import HTTPProtocol
import Policy

/// Reads the head of an HTTP/1.1 request for the host that it is for (RFC 9112 §3.2).
///
/// The whole connection goes to the warehouse of its first request: a client that keeps it open asks
/// the same server. A client whose first bytes are TLS, which passes through, names no host.
public struct HTTPHostPrologue: Prologue {
    private var reader = HTTPRequestReader()

    public init() {}

    public mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep {
        if reader.byteCount == 0, bytes[0] == ClientHelloReader.handshakeRecord {
            return .decided(nil, replay: Replay())
        }
        do throws(HTTPSyntaxError) {
            guard let (head, consumed) = try reader.receive(bytes) else { return .more() }
            let host = head.host.map { Finding.host($0) }
            return .decided(host, replay: Replay(held: head.bytes, offset: consumed))
        } catch {
            return .refused(.noRoute, detail: "the request's head is malformed: \(error)")
        }
    }

    public mutating func endOfStream() -> PrologueStep { .left(isProbe: reader.isEmpty) }

    public mutating func deadlinePassed() -> PrologueStep {
        .refused(
            .noRoute,
            detail: reader.isEmpty
                ? ForeignProtocol.silenceAtHTTPPort
                : "the client did not send a whole request head in time"
        )
    }
}
