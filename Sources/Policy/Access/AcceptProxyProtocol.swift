package import Addresses

/// Whether and from whom PROXY headers are read.
package struct AcceptProxyProtocol: Hashable, Sendable {
    /// What a connection starts with. The default is the strictest towards headers.
    package enum Mode: String, Hashable, Sendable, CaseIterable {
        /// No header is read; one that comes is refused, not passed on.
        case off
        /// A trusted source may send one; every other source is a client by itself.
        case optional
        /// Only trusted sources may connect, and each connection starts with a header.
        case required
    }

    /// What becomes of a client whose own payload begins like a header.
    package enum ClientHeaders: String, Hashable, Sendable, CaseIterable {
        /// It is denied: a backend that reads headers would believe it.
        case refuse
        /// Its clients are meant to write headers to the backend, which gets them as they are.
        case pass
    }

    /// Other than `off` only together with trusted sources.
    package var mode: Mode = .off
    /// The load balancers that are believed.
    package var trusted: [CIDRBlock] = []
    /// From accept to the complete header.
    package var timeout: Duration = .seconds(5)
    /// The longest header that is taken, signature and addresses included, in bytes.
    package var maximumByteCount = 4096
    /// `pass` only where the gateway neither reads nor writes headers.
    package var clientHeaders = ClientHeaders.refuse

    /// - Parameter trusted: must not be empty unless `mode` is `off`.
    package init(mode: Mode = .off, trusted: [CIDRBlock] = []) {
        self.mode = mode
        self.trusted = trusted
    }
}
