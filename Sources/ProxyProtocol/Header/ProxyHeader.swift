public import Addresses

/// One PROXY protocol header: what a proxy says of the connection that it passes on.
///
/// A plain value with no bytes of a particular connection in it; ``decode(_:limit:)`` reads it
/// from a stream's beginning and ``encode(into:addingChecksum:)`` writes it. Section numbers (§)
/// in this module are those of HAProxy's `doc/proxy-protocol.txt`.
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
        /// On the proxy's own: a health check. Only the real endpoints count.
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
        /// Two addresses of one family. Of two families, see ``encode(into:addingChecksum:)``.
        case ip(source: SocketAddress, destination: SocketAddress)
        /// The `sun_path` of each end, without its trailing zero bytes; 108 bytes at most.
        case unix(source: [UInt8], destination: [UInt8])
    }

    /// How it was written, or is to be.
    public var version: Version
    /// Always `.proxy` in v1, which has no LOCAL.
    public var command: Command
    /// `.stream` or, for `UNKNOWN`, `.unspecified` in v1.
    public var transport: Transport
    /// As written; what to make of them is ``origin``.
    public var endpoints: Endpoints
    /// In the order of the wire, duplicates and unknown types included. Empty in v1, for LOCAL and
    /// where endpoints or transport are unspecified.
    public var tlvs: [ProxyTLV]

    /// A header of exactly these parts.
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
