import Addresses
import ProxyProtocol

/// The PROXY headers of a thousand clients.
struct HeaderSample {
    var version: ProxyHeader.Version
    var family: IPFamily
    var tlvs: [ProxyTLV] = []
    var hasChecksum = false

    var name: String {
        "v\(version.rawValue), \(family)" + (tlvs.isEmpty ? "" : ", \(tlvs.count) TLVs")
            + (hasChecksum ? ", CRC32C" : "")
    }

    var headers: [ProxyHeader] {
        let listener = SocketAddress(Sample.addresses(family)[0], port: 9_030)
        return Sample.clients(family).map {
            ProxyHeader(source: $0, destination: listener, version: version, tlvs: tlvs)
        }
    }

    /// Each header as it travels.
    func encoded() throws -> [[UInt8]] {
        try headers.map { try $0.encoded(addingChecksum: hasChecksum) }
    }
}

extension HeaderSample {
    static var all: [HeaderSample] {
        [
            .plainText,
            HeaderSample(version: .v1, family: .v6),
            HeaderSample(version: .v2, family: .v4),
            HeaderSample(version: .v2, family: .v6),
            .privateLink,
            .checkedPrivateLink,
        ]
    }

    static var plainText: HeaderSample { HeaderSample(version: .v1, family: .v4) }

    /// As an AWS load balancer writes it.
    static var privateLink: HeaderSample {
        let name = ProxyTLV(.authority, Array("warehouse.example.com".utf8))
        let link = PrivateLinkIdentity.aws(endpointID: "vpce-0123456789abcdef0")
        return HeaderSample(version: .v2, family: .v4, tlvs: [name] + link.tlvs)
    }

    private static var checkedPrivateLink: HeaderSample {
        var sample = privateLink
        sample.hasChecksum = true
        return sample
    }
}
