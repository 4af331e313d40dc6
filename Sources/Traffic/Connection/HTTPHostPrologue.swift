import HTTPProtocol
import Policy

/// Reads the head of an HTTP/1.1 request for the host that it is for (RFC 9112 §3.2).
///
/// The whole connection goes to the warehouse of its first request: a client that keeps it open asks
/// the same server. A client whose first bytes are TLS, which passes through, names no host.
public struct HTTPHostPrologue: Prologue {
    private var reader = RequestHostReader()
    private var held: [UInt8] = []

    public init() {}

    public mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep {
        if held.isEmpty, bytes[0] == ClientHelloReader.handshakeRecord {
            return .decided(nil, replay: Replay())
        }
        switch reader.receive(bytes) {
        case .incomplete:
            held += bytes.copy(from: 0)
            return .more()
        case .complete(let host):
            return .decided(host.map { .host($0) }, replay: Replay(held: held))
        case .malformed(let reason):
            return .refused(.noRoute, detail: reason)
        }
    }

    public mutating func endOfStream() -> PrologueStep { .left(isProbe: held.isEmpty) }

    public mutating func deadlinePassed() -> PrologueStep {
        .refused(.noRoute, detail: "the client did not send a whole request head in time")
    }
}
