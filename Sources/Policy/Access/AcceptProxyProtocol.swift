public import Addresses

/// Whether PROXY headers are read, and from whom.
public struct AcceptProxyProtocol: Hashable, Sendable {
    /// What a connection starts with. The default is the strictest towards headers.
    public enum Mode: String, Hashable, Sendable, CaseIterable {
        /// No header is read; one that arrives is refused, not passed on.
        case off
        /// A trusted source may send one; every other source is a client by itself.
        case optional
        /// Only trusted sources may connect, and each connection starts with a header.
        case required
    }

    /// What becomes of a client whose own payload begins like a header.
    public enum ClientHeaders: String, Hashable, Sendable, CaseIterable {
        /// It is denied: a backend that reads headers would believe it.
        case refuse
        /// Its clients are expected to send headers to the backend, which receives them unchanged.
        case pass
    }

    /// Other than `off` only together with trusted sources.
    public var mode: Mode = .off
    /// The load balancers that are believed.
    public var trusted: [CIDRBlock] = []
    /// From accept to the complete header.
    public var timeout: Duration = .seconds(5)
    /// The longest header accepted, in bytes, including signature and addresses.
    public var maximumByteCount = 4096
    /// `pass` only if the gateway neither reads nor writes headers.
    public var clientHeaders = ClientHeaders.refuse

    /// - Parameter trusted: must not be empty unless `mode` is `off`.
    public init(mode: Mode = .off, trusted: [CIDRBlock] = []) {
        self.mode = mode
        self.trusted = trusted
    }
}
