import Policy
import ProxyProtocol

/// The prologue that keeps PROXY headers which clients write themselves from a backend that would
/// believe them.
public struct ForgedHeaderGuard: Prologue {
    private var signatureGuard = ProxySignatureGuard()

    public init() {}

    public var runsBesideRelay: Bool { true }

    public mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep {
        switch signatureGuard.receive(bytes) {
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
