import Testing

/// An endpoint as its cloud's load balancer names it: how each cloud writes it, byte by byte from
/// its own documents and apart from the code under test.
struct AttestedEndpoint: Sendable {
    enum Cloud: String, CaseIterable, Sendable { case aws, azure, gcp, alibaba }

    var cloud: Cloud
    /// Tells endpoints of one cloud apart.
    var number: UInt8

    /// As it is registered.
    var id: String {
        switch cloud {
        case .aws: "vpce-0123456789abcdef\(number % 10)"
        case .azure: String(Self.azureBase + UInt32(number))
        case .gcp: String(Self.googleBase + UInt64(number))
        case .alibaba: "ep-bp1a2b3c4d5e6f\(number)"
        }
    }

    /// As it is announced.
    var tlvs: [ProxyHeaderV2.TLV] {
        switch cloud {
        case .aws:
            [.init(0xea, [1] + Array(id.utf8))]
        case .azure:
            // LINKID is little-endian, unlike all else in the protocol.
            [.init(0xee, [1] + bigEndian(Self.azureBase + UInt32(number)).reversed())]
        case .gcp:
            [.init(0xe0, bigEndian(Self.googleBase + UInt64(number)))]
        case .alibaba:
            [
                .init(0xe1, [1] + Array("vpc-bp1consumer".utf8)),
                .init(0xe1, [2] + Array(id.utf8)),
                .init(0xe1, [3] + Array("epsrv-bp1service".utf8)),
            ]
        }
    }

    /// Its bytes differ from its bytes in reverse, and its highest bit is set.
    private static let azureBase: UInt32 = 0xfe01_4500
    /// Greater than any Int64.
    private static let googleBase: UInt64 = 0xf102_0304_0506_0700
}

extension AttestedEndpoint: CustomTestStringConvertible {
    var testDescription: String { "\(cloud.rawValue) \(id)" }
}
