public import Addresses
public import ProxyProtocol

/// The beginning of a connection from a source that may send PROXY headers: bytes in, decisions out.
///
/// What it decides does not depend on how the bytes are cut. Nor does a pause decide anything once
/// the header has come: bytes behind it that may become another header are waited for only where
/// that one would be believed, and are the client's payload otherwise. Whoever takes the payload
/// must show it to a ``ProxySignatureGuard``: it may begin with a header of the client's own.
///
/// ```swift
/// var preface = Preface(from: peer, policy: policy, needsEndpoint: false)
/// switch preface.receive(bytes) {
/// case .wait: break                                  // until more bytes come, or the deadline
/// case .identified(let headers, let payload): …      // policy.identity(of: peer, headers: headers)
/// case .refused(let reason, let detail): …
/// case .left(let isProbe): …
/// }
/// ```
public struct Preface: Sendable {
    public enum Step: Equatable, Sendable {
        case wait
        /// All headers, the one that was sent first in front; and the client's bytes so far.
        case identified(headers: [ProxyHeader], payload: [UInt8])
        case refused(DenialReason, detail: String)
        /// The peer is gone; `isProbe` if it never said a word.
        case left(isProbe: Bool)
    }

    private let peer: SocketAddress
    private let policy: HeaderPolicy
    /// Whether nothing but a header can name the endpoint without which the client is denied.
    private let needsEndpoint: Bool
    private var receiver: ProxyHeaderReceiver
    /// Whether the peer has not sent a single byte.
    public private(set) var isSilent = true

    /// - Parameter policy: expects a header from `peer`, or takes one.
    public init(from peer: SocketAddress, policy: HeaderPolicy, needsEndpoint: Bool) {
        self.peer = peer
        self.policy = policy
        self.needsEndpoint = needsEndpoint
        receiver = ProxyHeaderReceiver(byteLimit: policy.settings.maximumByteCount)
    }

    /// Takes the connection's next bytes. Not to be called after a step other than `.wait`.
    public mutating func receive(_ bytes: [UInt8]) -> Step {
        if !bytes.isEmpty { isSilent = false }
        do throws(ProxyHeaderError) {
            switch try receiver.receive(bytes) {
            case .incomplete:
                return isHeaderAllowed ? .wait : identified
            case .undecided:
                return believesAnother ? .wait : identified
            case .complete(_, let payload):
                let awaitsEndpoint = needsEndpoint && payload.isEmpty && believesAnother
                return awaitsEndpoint ? .wait : identified
            }
        } catch .notAProxyHeader where isHeaderOptional && receiver.headers.isEmpty {
            return identified
        } catch {
            guard isHeaderAllowed else { return identified }
            return .refused(.badProxyHeader, detail: error.description)
        }
    }

    /// No more bytes will come.
    public func endOfStream() -> Step {
        let step = finish()
        if case .identified(_, let payload) = step, !payload.isEmpty { return step }
        return .left(isProbe: isSilent)
    }

    /// No more bytes came in time: what there is must do.
    public func deadlinePassed() -> Step {
        finish()
    }

    private func finish() -> Step {
        if receiver.finish() != nil { return identified }
        if receiver.headers.isEmpty, isHeaderOptional, !beginsLikeHeader { return identified }
        return .refused(.proxyHeaderTimeout, detail: "")
    }

    private var identified: Step {
        .identified(headers: receiver.headers, payload: receiver.pendingBytes)
    }

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
