import ProxyProtocol
import Testing

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
