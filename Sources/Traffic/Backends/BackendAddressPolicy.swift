public import Addresses

/// Which addresses a backend may have. Through a backend, clients reach whatever the gateway can
/// reach, so a name must not lead them to something they were never meant to reach.
///
/// - What a **name** resolves to must not be loopback, link-local (where clouds keep their
///   metadata, and with it credentials), unspecified, multicast or reserved. Loopback must be
///   written explicitly: as an address, or as the name `localhost`.
/// - **No backend**, however it is written, may be one of the gateway's own listeners or its
///   management address: one connection would become hundreds, and a client could read the API.
public struct BackendAddressPolicy: Sendable {
    /// Why an address is not used.
    public enum Refusal: Hashable, Sendable {
        case loopback
        case unspecified
        case linkLocal
        case multicast
        case reserved
        case cloudMetadata
        /// The gateway itself listens there.
        case ownAddress(SocketAddress)
        /// The address is this machine's, and the service is not.
        case thisMachine
        /// A warehouse's backend is there, and the service is not one of a warehouse.
        case warehouseBackend
        /// Another warehouse's front ends list the server, too.
        case listedTwice
    }

    private let own: [SocketAddress]

    /// - Parameter own: the addresses the gateway listens on, including its management address.
    public init(own: [SocketAddress]) {
        self.own = own.map(\.unmapped)
    }

    /// - Parameters:
    ///   - address: the address of `backend`, as written or as resolved.
    ///   - isThisMachine: whether an address belongs to this machine. Called only if one of the
    ///     gateway's own ports is open on every address.
    /// - Returns: `nil` for an address that may be used.
    public func refusal(
        of address: SocketAddress,
        for backend: BackendAddress,
        isThisMachine: (IPAddress) -> Bool
    ) -> Refusal? {
        if case .name(let name) = backend.host,
            let refusal = Self.refusal(of: address.ip, isLocalHost: name.isLocalHost)
        {
            return refusal
        }
        // An IPv4 address inside of IPv6 leads to the same place.
        let plain = address.unmapped
        return own.first { Self.leads(plain, to: $0, isThisMachine: isThisMachine) }
            .map { .ownAddress($0) }
    }

    /// Whether what a person wrote while the gateway runs, or a name of theirs, may lead to an
    /// address: the gateway's own aside, as for what a name of a backend resolves to.
    public static func refusal(of ip: IPAddress) -> Refusal? {
        refusal(of: ip, isLocalHost: false)
    }

    private static func leads(
        _ address: SocketAddress,
        to own: SocketAddress,
        isThisMachine: (IPAddress) -> Bool
    ) -> Bool {
        guard address.port == own.port else { return false }
        if address.ip == own.ip { return true }
        // A listener on :: also accepts IPv4 clients, or there is an IPv4 listener next to it that
        // does.
        guard own.ip.isUnspecified, own.ip.family == .v6 || address.ip.family == .v4 else {
            // 0.0.0.0 and :: lead to the machine's loopback.
            return address.ip.isUnspecified && own.ip.isLoopback
                && address.ip.family == own.ip.family
        }
        return address.ip.isUnspecified || isThisMachine(address.ip)
    }

    private static func refusal(of ip: IPAddress, isLocalHost: Bool) -> Refusal? {
        if metadata.contains(ip) { return .cloudMetadata }
        switch ip {
        case .v4(let v4): return refusal(of: v4, isLocalHost)
        case .v6(let v6): return refusal(of: v6, isLocalHost)
        }
    }

    /// RFC 6890 §2.2.2.
    private static func refusal(of v4: IPv4Address, _ isLocalHost: Bool) -> Refusal? {
        switch v4.bits >> 24 {
        case 0: .unspecified
        case 127: isLocalHost ? nil : .loopback
        case 169 where v4.bits >> 16 == 0xa9fe: .linkLocal
        case 224..<240: .multicast
        case 240...: .reserved
        default: nil
        }
    }

    /// RFC 4291 §2.4. An IPv4 address inside counts as that one: translators (RFC 6052, 6to4) would
    /// deliver there.
    private static func refusal(of v6: IPv6Address, _ isLocalHost: Bool) -> Refusal? {
        switch v6.bits {
        case 0: return .unspecified
        case 1: return isLocalHost ? nil : .loopback
        default: break
        }
        if v6.high >> 54 == 0xfe80 >> 6 { return .linkLocal }
        if v6.high >> 56 == 0xff { return .multicast }
        guard let inner = v6.embeddedIPv4 else { return nil }
        return refusal(of: .v4(inner), isLocalHost: false)
    }

    /// Metadata addresses of clouds, in addition to 169.254.169.254: Amazon over IPv6, Google over
    /// IPv6, Azure's platform, Alibaba, Oracle.
    private static let metadata: Set<IPAddress> = [
        .v6(IPv6Address(high: 0xfd00_0ec2_0000_0000, low: 0x254)),
        .v6(IPv6Address(high: 0xfd20_00ce_0000_0000, low: 0x254)),
        .v4(IPv4Address(168, 63, 129, 16)),
        .v4(IPv4Address(100, 100, 100, 200)),
        .v4(IPv4Address(192, 0, 0, 192)),
    ]
}

extension SocketAddress {
    fileprivate var unmapped: SocketAddress { SocketAddress(ip.unmapped, port: port) }
}

extension String {
    /// RFC 6761 §6.3: a literal loopback address in all but its letters.
    public var isLocalHost: Bool {
        let name = hasSuffix(".") ? dropLast() : self[...]
        return name.lowercased() == "localhost"
    }
}

extension IPv6Address {
    /// The IPv4 address that this one represents: mapped or compatible (RFC 4291 §2.5.5),
    /// translated (64:ff9b::/96, RFC 6052 §2.1) or 6to4 (2002::/16, RFC 3056 §2).
    public var embeddedIPv4: IPv4Address? {
        let last = IPv4Address(bits: UInt32(truncatingIfNeeded: low))
        if high == 0, low >> 32 == 0 || low >> 32 == 0xffff { return last }
        if high == 0x0064_ff9b_0000_0000, low >> 32 == 0 { return last }
        if high >> 48 == 0x2002 {
            return IPv4Address(bits: UInt32(truncatingIfNeeded: high >> 16))
        }
        return nil
    }
}

extension BackendAddressPolicy.Refusal: CustomStringConvertible {
    /// What the address is, after "it is", with the remedy.
    public var description: String {
        self == .loopback
            ? "\(words) (write the address itself or localhost if that is intended)" : words
    }

    /// The same for a server that a front end has listed.
    public func words(forLearned place: BackendAddress) -> String {
        switch self {
        case .loopback, .listedTwice:
            "\(words) (add \(place) to redirects.targets if that is intended)"
        default: words
        }
    }

    private var words: String {
        switch self {
        case .loopback: "a loopback address"
        case .unspecified: "an unspecified address"
        case .linkLocal: "a link-local address"
        case .multicast: "a multicast address"
        case .reserved: "a reserved address"
        case .cloudMetadata: "a cloud metadata address"
        case .ownAddress(let own): "the gateway's own address \(own)"
        case .thisMachine: "an address of the gateway's machine"
        case .warehouseBackend: "a warehouse's backend"
        case .listedTwice: "one that another warehouse's front ends list, too"
        }
    }
}

extension IPAddress {
    /// 0.0.0.0 or ::.
    public var isUnspecified: Bool { bits == 0 }

    /// 224.0.0.0/4, 255.255.255.255 or ff00::/8.
    public var isMulticast: Bool {
        switch self {
        case .v4(let v4): v4.bits >> 28 == 0xe || v4.bits == ~0
        case .v6(let v6): v6.high >> 56 == 0xff
        }
    }
}
