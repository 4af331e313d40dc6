public import Addresses

/// One PROXY protocol header: what a proxy declares about the connection that it passes on.
///
/// A plain value: ``decode(_:limit:)`` reads it from the start of a stream and
/// ``encode(into:addingChecksum:)`` writes it. Section numbers (§) in this module are those of
/// HAProxy's `doc/proxy-protocol.txt`.
///
/// ```swift
/// let header = ProxyHeader(source: client, destination: listener, version: .v1)
/// var bytes: [UInt8] = []
/// try header.encode(into: &bytes)    // PROXY TCP4 192.0.2.1 198.51.100.7 56324 9030\r\n
/// ```
public struct ProxyHeader: Hashable, Sendable {
    /// The form on the wire.
    public enum Version: UInt8, Hashable, Sendable, CaseIterable {
        /// One line of text (§2.1).
        case v1 = 1
        /// Binary, with TLVs (§2.2).
        case v2 = 2
    }

    /// On whose behalf the connection was made (§2.2, byte 13).
    public enum Command: UInt8, Hashable, Sendable, CaseIterable {
        /// On the proxy's own: a health check. Only the real endpoints matter.
        case local = 0
        /// On behalf of another node.
        case proxy = 1
    }

    /// The kind of socket that was proxied (§2.2, byte 14, low half).
    public enum Transport: UInt8, Hashable, Sendable, CaseIterable {
        case unspecified = 0
        case stream = 1
        case datagram = 2
    }

    /// The ends of the connection that was proxied.
    public enum Endpoints: Hashable, Sendable {
        /// The sender does not know them, or v1 says `UNKNOWN`.
        case unspecified
        /// Two addresses, usually of one family; if not, see ``encode(into:addingChecksum:)``.
        case ip(source: SocketAddress, destination: SocketAddress)
        /// The `sun_path` of each end, without trailing zero bytes; at most 108 bytes.
        case unix(source: [UInt8], destination: [UInt8])
    }

    /// The form that was read, or is to be written.
    public var version: Version
    /// Always `.proxy` in v1, which has no LOCAL.
    public var command: Command
    /// `.stream` or, for `UNKNOWN`, `.unspecified` in v1.
    public var transport: Transport
    /// As written; see ``origin`` for how to use them.
    public var endpoints: Endpoints
    /// In wire order, including duplicates and unknown types. Empty in v1, for LOCAL and if
    /// endpoints or transport are unspecified.
    public var tlvs: [ProxyTLV]

    /// A header with exactly these parts.
    public init(
        version: Version = .v2,
        command: Command = .proxy,
        transport: Transport,
        endpoints: Endpoints,
        tlvs: [ProxyTLV] = []
    ) {
        self.version = version
        self.command = command
        self.transport = transport
        self.endpoints = endpoints
        self.tlvs = tlvs
    }

    /// The header of a TCP connection from `source` to `destination`.
    public init(
        source: SocketAddress,
        destination: SocketAddress,
        version: Version = .v2,
        tlvs: [ProxyTLV] = []
    ) {
        self.init(
            version: version,
            transport: .stream,
            endpoints: .ip(source: source, destination: destination),
            tlvs: tlvs
        )
    }

    /// The header of a connection that the sender makes for itself, such as a health check.
    ///
    /// In v1, which has no such command, it is written as `PROXY UNKNOWN`.
    public static func local(version: Version = .v2) -> ProxyHeader {
        ProxyHeader(
            version: version,
            command: .local,
            transport: .unspecified,
            endpoints: .unspecified
        )
    }
}

// MARK: - Origin

extension ProxyHeader {
    /// Whose address the receiver uses.
    public enum Origin: Hashable, Sendable {
        /// The addresses in the header. An IPv4-mapped IPv6 address is unmapped, so that writing an
        /// address in the other family does not bypass an address rule.
        case proxied(source: SocketAddress, destination: SocketAddress)
        /// The real ends of the connection on which the header arrived.
        case local
    }

    /// Whose address the receiver uses.
    ///
    /// The real ends for LOCAL, for v1's `UNKNOWN`, for an unspecified family or transport, and for
    /// UNIX sockets, as §2.2 allows.
    public var origin: Origin {
        guard command == .proxy, transport != .unspecified,
            case .ip(let source, let destination) = endpoints
        else { return .local }
        return .proxied(source: source.unmapped, destination: destination.unmapped)
    }
}

extension SocketAddress {
    /// The same end with its address unmapped.
    var unmapped: SocketAddress { SocketAddress(ip.unmapped, port: port) }
}
