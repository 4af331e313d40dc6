import Testing

/// TLVs that look like those of an available endpoint, and must not pass for it.
struct EndpointFault: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var reason: String
    var tlvs: [ProxyHeaderV2.TLV]

    private init(_ description: String, _ reason: String, _ tlvs: [ProxyHeaderV2.TLV]) {
        testDescription = description
        self.reason = reason
        self.tlvs = tlvs
    }

    static let all = malformed + ambiguous + mistaken

    private static let aws = CloudGate.endpoint(of: .aws, in: "available")
    private static let azure = CloudGate.endpoint(of: .azure, in: "available")
    private static let google = CloudGate.endpoint(of: .gcp, in: "available")
    private static let alibaba = CloudGate.endpoint(of: .alibaba, in: "available")

    private static let malformed = [
        Self("AWS: no subtype", "badProxyHeader", [.init(0xea, [])]),
        Self("AWS: no id", "badProxyHeader", [.init(0xea, [1])]),
        Self("AWS: another prefix", "badProxyHeader", [.init(0xea, [1] + azure.id.utf8)]),
        Self("AWS: NUL after the id", "badProxyHeader", [.init(0xea, [1] + aws.id.utf8 + [0])]),
        Self("AWS: not ASCII", "badProxyHeader", [.init(0xea, [1] + "vpce-ä".utf8)]),
        Self("Azure: a byte less", "badProxyHeader", [.init(0xee, Array(azure.value.dropLast()))]),
        Self("Azure: a byte more", "badProxyHeader", [.init(0xee, azure.value + [0])]),
        Self(
            "Google: a byte less",
            "badProxyHeader",
            [.init(0xe0, Array(google.value.dropLast()))]
        ),
        Self("Google: a byte more", "badProxyHeader", [.init(0xe0, google.value + [0])]),
        Self("Alibaba: no subtype", "badProxyHeader", alibaba.tlvs + [.init(0xe1, [])]),
        Self("Alibaba: no endpoint", "badProxyHeader", Array(alibaba.tlvs.prefix(1))),
    ]

    private static let ambiguous = [
        Self("two clouds", "badProxyHeader", aws.tlvs + azure.tlvs),
        Self(
            "AWS: two endpoints",
            "badProxyHeader",
            aws.tlvs + CloudGate.endpoint(of: .aws, in: "rejected").tlvs
        ),
        Self(
            "Alibaba: two endpoints",
            "badProxyHeader",
            alibaba.tlvs + CloudGate.endpoint(of: .alibaba, in: "rejected").tlvs
        ),
    ]

    /// Well formed, but not what is registered.
    private static let mistaken = [
        Self("nothing", "noEndpoint", []),
        Self("a TLV of no cloud", "noEndpoint", [.init(0xe5, [1] + aws.id.utf8)]),
        Self("AWS: another subtype", "noEndpoint", [.init(0xea, [2] + aws.id.utf8)]),
        Self("AWS: capitals", "unknownEndpoint", [.init(0xea, [1] + capitals.utf8)]),
        Self("AWS: the id goes on", "unknownEndpoint", [.init(0xea, [1] + aws.id.utf8 + [0x30])]),
        Self("Azure: big-endian", "unknownEndpoint", [.init(0xee, bigEndianAzure)]),
        Self("Azure's number as Google's", "unknownEndpoint", [.init(0xe0, azureAsGoogle)]),
    ]

    private static let capitals = "vpce-" + aws.id.dropFirst(5).uppercased()
    private static let bigEndianAzure: [UInt8] =
        azure.value.prefix(1) + azure.value.dropFirst().reversed()
    private static let azureAsGoogle: [UInt8] =
        [0, 0, 0, 0] + azure.value.dropFirst().reversed()
}

extension AttestedEndpoint {
    /// The first TLV's.
    fileprivate var value: [UInt8] { tlvs.first?.value ?? [] }
}
