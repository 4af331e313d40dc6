import ProxyProtocol
import Testing

@Suite("An error's description is for the person who has to act on it")
struct ErrorDescriptionTests {
    private static let errors: [any Error] =
        [
            ProxyHeaderError.notAProxyHeader(offset: 0),
            ProxyHeaderError.headerTooLong(byteCount: 65_551, limit: 4_096),
            ProxyHeaderError.lineTooLong(limit: 107),
            ProxyHeaderError.brokenLineEnd(offset: 20),
            ProxyHeaderError.unexpectedByte(0x0B, offset: 12),
            ProxyHeaderError.missingField(.sourcePort),
            ProxyHeaderError.malformedField(.sourceAddress),
            ProxyHeaderError.trailingText(offset: 37),
            ProxyHeaderError.unsupportedVersion(3),
            ProxyHeaderError.unassignedCommand(2),
            ProxyHeaderError.unassignedFamily(4),
            ProxyHeaderError.unassignedTransport(3),
            ProxyHeaderError.addressesTooShort(byteCount: 11, neededByteCount: 12),
            ProxyHeaderError.trailingBytes(count: 2),
            ProxyHeaderError.tlvPastEnd(
                type: .awsPrivateLink,
                byteCount: 20,
                availableByteCount: 3
            ),
            ProxyHeaderError.malformedChecksum(byteCount: 3),
            ProxyHeaderError.repeatedChecksum,
            ProxyHeaderError.wrongChecksum(sent: 1, computed: 0xDEAD_BEEF),
            ProxyHeaderError.uniqueIDTooLong(byteCount: 129),
            ProxyHeaderError.tooManyHeaders(limit: 4),
            ProxyHeaderEncodingError.bodyTooLong(byteCount: 65_536),
            ProxyHeaderEncodingError.unixPathTooLong(byteCount: 109),
            ProxyHeaderEncodingError.uniqueIDTooLong(byteCount: 129),
            ProxyHeaderEncodingError.repeatedChecksum,
            ProxyTLVError.repeated(.authority),
            ProxyTLVError.notText(.authority),
            ProxyTLVError.sslTooShort(byteCount: 4),
            ProxyTLVError.malformedSSL(.trailingBytes(count: 1)),
            PrivateLinkIdentityError.malformed(.azurePrivateLink, value: [1, 2]),
            PrivateLinkIdentityError.ambiguous([.awsPrivateLink, .azurePrivateLink]),
            PrivateLinkIdentityError.missingEndpointID,
        ]

    @Test("Each cause has its own words: what is wrong and what to do")
    func sentences() {
        let descriptions = Self.errors.map { "\($0)" }
        #expect(Set(descriptions).count == Self.errors.count)
        for description in descriptions {
            let sentences = description.split(separator: #/[.;:] /#)
            #expect(sentences.count >= 2, "\(description)")
            #expect(description.hasSuffix("."), "\(description)")
            #expect(!description.contains("\n"), "\(description)")
        }
    }

    @Test("Bytes are counted from 1, as in the specification, and numbers are in hexadecimal")
    func numbers() {
        #expect(
            ProxyHeaderError.unexpectedByte(0x0B, offset: 12).description
                == "The PROXY v1 line has an invalid byte, 0x0B, at byte 13. "
                + "Fix the sender (PROXY protocol §2.1), or configure it to send version 2."
        )
        #expect(
            ProxyHeaderError.wrongChecksum(sent: 1, computed: 0xDEAD_BEEF).description
                == "The PROXY v2 header's checksum is 0x00000001, but 0xDEADBEEF was computed. "
                + "Find out what changes the header on its way from the sender."
        )
        #expect(
            ProxyHeaderError.trailingBytes(count: 1).description.contains("but only 1 is left.")
        )
    }
}
