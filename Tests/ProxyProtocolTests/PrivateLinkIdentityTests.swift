import ProxyProtocol
import Testing

@Suite("A private link's identity is read as its cloud writes it")
struct PrivateLinkIdentityTests {
    private func identity(_ bytes: [UInt8]) throws -> PrivateLinkIdentity? {
        try header(binary(ipv4Block + bytes)).privateLinkIdentity()
    }

    @Test("Without its TLVs there is none")
    func none() throws {
        #expect(try identity([]) == nil)
        #expect(try identity(tlv(0x02, ascii("vpce-1")) + tlv(0xEF, [1, 0x61])) == nil)
    }

    @Test("AWS: 01, then the endpoint's ID")
    func aws() throws {
        let id = "vpce-08d2bf15fac5001c9"
        let identity = try identity(tlv(0xEA, [1] + ascii(id)))
        #expect(identity == .aws(endpointID: id))
        #expect(identity?.endpointID == id)
    }

    @Test("Azure: 01, then LINKID, little-endian")
    func azure() throws {
        let identity = try identity(hex("ee 0005 01 c1450021"))
        #expect(identity == .azure(linkID: 0x2100_45C1))
        #expect(identity?.endpointID == "553665985")
    }

    @Test("Google: the connection's ID, big-endian")
    func google() throws {
        let identity = try identity(hex("e0 0008 0102030405060708"))
        #expect(identity == .google(connectionID: 0x0102_0304_0506_0708))
        #expect(identity?.endpointID == "72623859790382856")
    }

    @Test("Alibaba: network, endpoint and service in TLVs of one type, in any order")
    func alibaba() throws {
        let link = AlibabaPrivateLink(
            endpointID: "ep-1",
            vpcID: "vpc-1",
            endpointServiceID: "epsrv-1"
        )
        let parts = ["\u{3}epsrv-1", "\u{1}vpc-1", "\u{2}ep-1"].flatMap { tlv(0xE1, ascii($0)) }
        #expect(try identity(parts) == .alibaba(link))
        #expect(try identity(parts + parts) == .alibaba(link))
        #expect(
            try identity(tlv(0xE1, ascii("\u{2}ep-1")))
                == .alibaba(AlibabaPrivateLink(endpointID: "ep-1"))
        )
        #expect(PrivateLinkIdentity.alibaba(link).endpointID == "ep-1")
    }

    @Test(
        "A value of any other form is an error",
        arguments: [
            tlv(0xEA, []), tlv(0xEA, [1]), tlv(0xEA, [1] + ascii("vpce-")),
            tlv(0xEA, [1] + ascii("553665985")), tlv(0xEA, [1] + ascii("VPCE-1")),
            tlv(0xEA, [1] + ascii("vpce-1\u{0}")), tlv(0xEA, [1] + ascii("vpce-1 ")),
            tlv(0xEA, [1] + ascii("vpce_1")), tlv(0xEA, [1] + ascii("vpce-1") + [0xFF]),
            tlv(0xEE, []), tlv(0xEE, [1]), tlv(0xEE, [1, 2, 3, 4]), tlv(0xEE, [1, 2, 3, 4, 5, 6]),
            tlv(0xE0, []), tlv(0xE0, [1, 2, 3, 4, 5, 6, 7]),
            tlv(0xE0, [UInt8](repeating: 0, count: 9)),
            tlv(0xE1, []), tlv(0xE1, [1]), tlv(0xE1, [2]), tlv(0xE1, ascii("\u{2}ep 1")),
            tlv(0xE1, ascii("\u{3}ä")),
        ]
    )
    func malformed(bytes: [UInt8]) {
        let error = PrivateLinkIdentityError.malformed(
            ProxyTLVType(rawValue: bytes[0]),
            value: Array(bytes[3...])
        )
        #expect(throws: error) { try identity(bytes) }
        #expect(throws: error, "beside a good one") {
            try identity(tlv(0xEA, [1] + ascii("vpce-1")) + bytes)
        }
    }

    @Test("Ids are made of letters, digits and hyphens", arguments: UInt8.min...UInt8.max)
    func characters(byte: UInt8) {
        let letters = ascii("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")
        for id in [tlv(0xEA, [1] + ascii("vpce-") + [byte]), tlv(0xE1, [2, byte])] {
            if letters.contains(byte) {
                #expect(throws: Never.self) { try identity(id) }
            } else {
                #expect(throws: PrivateLinkIdentityError.self) { try identity(id) }
            }
        }
    }

    @Test("A subtype that is not assigned names nothing", arguments: [0x00, 0x04, 0xFF] as [UInt8])
    func subtypes(subtype: UInt8) throws {
        #expect(try identity(tlv(0xEA, [subtype] + ascii("vpce-1"))) == nil)
        #expect(try identity(tlv(0xEE, [subtype, 1, 2, 3, 4])) == nil)
        #expect(try identity(tlv(0xE1, [subtype] + ascii("ep-1"))) == nil)
    }

    @Test("Alibaba's TLVs without an endpoint are an error")
    func missingEndpoint() {
        #expect(throws: PrivateLinkIdentityError.missingEndpointID) {
            try identity(tlv(0xE1, ascii("\u{1}vpc-1")))
        }
    }
}

@Suite("A header names one private link, or none is believed")
struct PrivateLinkAmbiguityTests {
    private static let identities: [PrivateLinkIdentity] = [
        .aws(endpointID: "vpce-1"),
        .aws(endpointID: "vpce-2"),
        .azure(linkID: 1),
        .azure(linkID: 2),
        .google(connectionID: 1),
        .google(connectionID: 2),
        .alibaba(AlibabaPrivateLink(endpointID: "ep-1")),
    ]

    private func identity(_ tlvs: [ProxyTLV]) throws -> PrivateLinkIdentity? {
        let sent = ProxyHeader(source: client, destination: server, tlvs: tlvs)
        return try header(sent.encoded()).privateLinkIdentity()
    }

    @Test("Each identity survives its own TLVs, even sent twice", arguments: identities)
    func roundTrip(sent: PrivateLinkIdentity) throws {
        #expect(try identity(sent.tlvs) == sent)
        #expect(try identity(sent.tlvs + sent.tlvs) == sent)
    }

    @Test("Any two different ones are an error", arguments: identities, identities)
    func ambiguous(first: PrivateLinkIdentity, second: PrivateLinkIdentity) throws {
        guard first != second else { return }
        let error = #expect(throws: PrivateLinkIdentityError.self) {
            try identity(first.tlvs + second.tlvs)
        }
        guard case .ambiguous(let types) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(Set(types) == Set((first.tlvs + second.tlvs).map(\.type)))
    }

    @Test(
        "Alibaba's parts must agree, too",
        arguments: ["\u{1}vpc-2", "\u{2}ep-2", "\u{3}epsrv-2"]
    )
    func differentParts(other: String) {
        let link = AlibabaPrivateLink(
            endpointID: "ep-1",
            vpcID: "vpc-1",
            endpointServiceID: "epsrv-1"
        )
        let tlvs = PrivateLinkIdentity.alibaba(link).tlvs
        #expect(
            throws: PrivateLinkIdentityError.ambiguous([.alibabaPrivateLink, .alibabaPrivateLink])
        ) { try identity(tlvs + [ProxyTLV(.alibabaPrivateLink, ascii(other))]) }
    }
}
