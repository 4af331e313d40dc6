import Policy
import Text

/// Begins TLS with a client that speaks first.
///
/// What arrives first decides: a TLS record of type 22 (RFC 8446 §5.1) is a ClientHello; no request of
/// HTTP, and no PROXY header, begins with that byte.
public struct TLSPrologue: Prologue {
    private let isRequired: Bool

    /// - Parameter isRequired: whether other clients are denied.
    public init(isRequired: Bool) {
        self.isRequired = isRequired
    }

    public mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep {
        if bytes[0] == ClientHelloReader.handshakeRecord { return .startTLS(Replay()) }
        return isRequired
            ? .refused(.tlsRequired, detail: "the client's first bytes are not TLS")
            : .decided(nil, replay: Replay())
    }

    public mutating func endOfStream() -> PrologueStep { .left(isProbe: true) }

    public mutating func deadlinePassed() -> PrologueStep {
        .refused(.tlsHandshakeTimeout, detail: "the client sent nothing")
    }
}

/// Reads the name in a ClientHello that is passed through: TLS ends at the backend.
///
/// A client whose first bytes are no ClientHello has no name.
public struct ClientHelloPrologue: Prologue {
    private var reader = ClientHelloReader()
    private var held: [UInt8] = []

    public init() {}

    public mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep {
        switch reader.receive(bytes) {
        case .incomplete:
            held += bytes.copy(from: 0)
            return .more()
        case .complete(let name):
            return .decided(.clientHello(serverName: name), replay: Replay(held: held))
        case .notTLS:
            return .decided(nil, replay: Replay(held: held))
        case .malformed(let reason):
            return .refused(.badTLSHandshake, detail: reason)
        }
    }

    public mutating func endOfStream() -> PrologueStep {
        held.isEmpty
            ? .left(isProbe: true)
            : .refused(.badTLSHandshake, detail: "the connection ended inside the ClientHello")
    }

    public mutating func deadlinePassed() -> PrologueStep {
        .refused(.tlsHandshakeTimeout, detail: held.isEmpty ? "the client sent nothing" : "")
    }
}

/// What a denied client reads whose TLS passes through, instead of a handshake (RFC 8446 §6).
enum TLSAlert {
    private static let alertRecord: UInt8 = 21
    private static let fatal: UInt8 = 2
    private static let accessDenied: UInt8 = 49
    private static let internalError: UInt8 = 80
    private static let unrecognizedName: UInt8 = 112

    /// A record with one fatal alert.
    static func words(for reason: DenialReason) -> [UInt8] {
        [alertRecord, 3, 3, 0, 2, fatal, description(of: reason)]
    }

    private static func description(of reason: DenialReason) -> UInt8 {
        switch reason {
        case .unknownName, .contradictingNames, .noRoute: unrecognizedName
        case _ where reason.family == .access: accessDenied
        default: internalError
        }
    }
}
