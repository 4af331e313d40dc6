import Policy
import ProxyProtocol

/// The prologue that keeps PROXY headers which clients write themselves from a backend that would
/// believe them.
package struct ForgedHeaderGuard: Prologue {
    private var signatureGuard = ProxySignatureGuard()

    package init() {}

    package var runsBesideRelay: Bool { true }

    package mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep {
        switch signatureGuard.receive(bytes) {
        case .undecided: .more()
        case .clear: .decided(nil, replay: Replay(held: signatureGuard.heldBytes))
        case .header: .refused(.unexpectedProxyHeader, detail: "")
        }
    }

    /// What could still have become a header did not.
    package mutating func endOfStream() -> PrologueStep {
        .decided(nil, replay: Replay(held: signatureGuard.heldBytes))
    }

    /// A pause decides nothing: what was held stays held.
    package mutating func deadlinePassed() -> PrologueStep { .more() }
}
