public import Addresses
public import Policy
import ProxyProtocol
import Text

/// The prologue of a connection from a source that may send PROXY headers.
///
/// What it decides does not depend on how the bytes are fragmented. A pause does not decide
/// anything either once the header has arrived: bytes after it that may become another header are
/// awaited only if that one would be trusted, and are the client's payload otherwise. A
/// ``ForgedHeaderGuard`` must follow: the payload may start with a header of the client's own.
public struct ProxyHeaderPrologue: Prologue {
    private let peer: SocketAddress
    private let policy: HeaderPolicy
    /// Whether nothing but a header can name the endpoint without which the client is denied.
    private let needsEndpoint: Bool
    private var receiver: ProxyHeaderReceiver
    /// Whether the peer has not sent a single byte.
    private var isSilent = true

    /// - Parameter policy: requires or accepts a header from `peer`.
    public init(from peer: SocketAddress, policy: HeaderPolicy, needsEndpoint: Bool) {
        self.peer = peer
        self.policy = policy
        self.needsEndpoint = needsEndpoint
        receiver = ProxyHeaderReceiver(byteLimit: policy.settings.maximumByteCount)
    }

    public mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep {
        isSilent = false
        do throws(ProxyHeaderError) {
            switch try receiver.receive(bytes.copy(from: 0)) {
            case .incomplete:
                return isHeaderAllowed ? .more() : decided(after: bytes.count)
            case .undecided:
                return believesAnother ? .more() : decided(after: bytes.count)
            case .complete(_, let payload):
                let awaitsEndpoint = needsEndpoint && payload.isEmpty && believesAnother
                return awaitsEndpoint ? .more() : decided(after: bytes.count)
            }
        } catch .notAProxyHeader where isHeaderOptional && receiver.headers.isEmpty {
            return decided(after: bytes.count)
        } catch {
            guard isHeaderAllowed else { return decided(after: bytes.count) }
            return .refused(.badProxyHeader, detail: error.description)
        }
    }

    public mutating func endOfStream() -> PrologueStep {
        let step = finish()
        if case .decided = step, !receiver.pendingBytes.isEmpty { return step }
        return .left(isProbe: isSilent)
    }

    /// What there is must do.
    public mutating func deadlinePassed() -> PrologueStep {
        finish()
    }

    private func finish() -> PrologueStep {
        if receiver.finish() != nil { return decided(after: 0) }
        if receiver.headers.isEmpty, isHeaderOptional, !beginsLikeHeader {
            return decided(after: 0)
        }
        return .refused(.proxyHeaderTimeout, detail: isSilent ? Self.silence : "")
    }

    /// All bytes shown were kept: the client's payload is what no header has taken.
    private func decided(after byteCount: Int) -> PrologueStep {
        .decided(
            .proxyHeaders(receiver.headers),
            replay: Replay(held: receiver.pendingBytes, offset: byteCount)
        )
    }

    /// The load balancer's setting is missing, or its client speaks only when spoken to.
    private static let silence = "the trusted source sent nothing"

    /// Whether the source may leave the header out.
    private var isHeaderOptional: Bool { policy.settings.mode == .optional }

    /// Whether the next header would be believed; the first one is.
    private var isHeaderAllowed: Bool { receiver.headers.isEmpty || believesAnother }

    private var believesAnother: Bool {
        policy.believesAnother(after: receiver.headers, from: peer)
    }

    private var beginsLikeHeader: Bool {
        var watch = ProxySignatureGuard()
        return watch.receive(receiver.pendingBytes) == .header
    }
}

/// The prologue that keeps PROXY headers which clients write themselves from a backend that would
/// believe them, and HTTP from a MySQL server, which would count it as a failed handshake of the
/// gateway's address (`max_connect_errors`).
public struct ForgedHeaderGuard: Prologue {
    private var signatureGuard = ProxySignatureGuard()
    private let refusesHTTP: Bool

    /// - Parameter service: what the backend speaks.
    public init(of service: ServiceProtocol = .tcp) {
        refusesHTTP = service == .mysql
    }

    public var runsBesideRelay: Bool { true }

    public mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep {
        if refusesHTTP, signatureGuard.heldBytes.isEmpty, ForeignProtocol.isHTTP(bytes) {
            return .refused(.badLogin, detail: ForeignProtocol.httpAtMySQLPort)
        }
        return switch signatureGuard.receive(bytes) {
        case .undecided: .more()
        case .clear: .decided(nil, replay: Replay(held: signatureGuard.heldBytes))
        case .header: .refused(.unexpectedProxyHeader, detail: "")
        }
    }

    /// What could still have become a header did not.
    public mutating func endOfStream() -> PrologueStep {
        .decided(nil, replay: Replay(held: signatureGuard.heldBytes))
    }

    /// A pause decides nothing: what was held stays held.
    public mutating func deadlinePassed() -> PrologueStep { .more() }
}
