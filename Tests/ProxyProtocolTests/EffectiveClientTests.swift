import Addresses
import ProxyProtocol
import Testing

@Suite("A header is believed if its author is trusted")
struct EffectiveClientTests {
    /// 10.0.0.`last`: one of our load balancers.
    private func balancer(_ last: UInt8) -> SocketAddress {
        SocketAddress(.v4(IPv4Address(10, 0, 0, last)), port: 40000)
    }

    private func isTrusted(_ ip: IPAddress) -> Bool {
        guard case .v4(let v4) = ip else { return false }
        return v4.bits >> 8 == 0x0A_00_00
    }

    private func weigh(_ peer: SocketAddress, _ headers: ProxyHeader...) -> EffectiveClient {
        effectiveClient(peer: peer, headers: headers, isTrusted: isTrusted)
    }

    private func from(_ source: SocketAddress, _ tlvs: ProxyTLV...) -> ProxyHeader {
        ProxyHeader(source: source, destination: server, tlvs: tlvs)
    }

    @Test("Without a header the client is the peer")
    func noHeader() {
        #expect(weigh(client) == EffectiveClient(address: client))
        #expect(weigh(balancer(1)) == EffectiveClient(address: balancer(1)))
    }

    @Test("A trusted peer's header names the client and its destination")
    func oneHeader() {
        let header = from(client)
        #expect(
            weigh(balancer(1), header)
                == EffectiveClient(address: client, destination: server, believedHeaders: [header])
        )
    }

    @Test("An untrusted peer's header is ignored")
    func untrustedPeer() {
        #expect(weigh(client, from(balancer(1))) == EffectiveClient(address: client))
    }

    @Test("An inner header is believed if the one before it names a trusted source")
    func chain() {
        let headers = [from(balancer(2)), from(balancer(3)), from(client)]
        let weighed = effectiveClient(peer: balancer(1), headers: headers, isTrusted: isTrusted)
        #expect(weighed.address == client)
        #expect(weighed.believedHeaders == headers)
    }

    @Test("Another header would be believed only from a trusted source at the chain's open end")
    func further() {
        let link = ProxyTLV(.awsPrivateLink, [0x01] + "vpce-0123456789abcdef0".utf8)
        let faulty = ProxyTLV(.awsPrivateLink, [])
        let ends: [(headers: [ProxyHeader], isOpen: Bool)] = [
            ([from(balancer(2))], true),
            ([from(balancer(2)), from(balancer(3))], true),
            ([], false),
            ([from(client)], false),
            ([from(client), from(balancer(2))], false),
            ([from(balancer(2), link)], false),
            ([from(balancer(2), faulty)], false),
            ([.local()], false),
        ]
        for end in ends {
            let client = effectiveClient(
                peer: balancer(1),
                headers: end.headers,
                isTrusted: isTrusted
            )
            #expect(client.isAnnouncedFurther(isTrusted: isTrusted) == end.isOpen)
        }
    }

    @Test("A header that an untrusted client wrote is ignored, and so is everything after it")
    func forged() {
        let outer = from(client)
        let weighed = weigh(balancer(1), outer, from(balancer(2)), from(client6))
        #expect(weighed.address == client)
        #expect(weighed.believedHeaders == [outer])
    }

    @Test("A header without a proxied address: the client is its author, and the chain ends")
    func local() throws {
        let unknown = try header(ascii("PROXY UNKNOWN\r\n"))
        for local in [ProxyHeader.local(), unknown] {
            let first = weigh(balancer(1), local, from(client))
            #expect(first == EffectiveClient(address: balancer(1), believedHeaders: [local]))
            let outer = from(balancer(2))
            let second = weigh(balancer(1), outer, local, from(client))
            #expect(second.address == balancer(2))
            #expect(second.believedHeaders == [outer, local])
        }
    }

    @Test("After a private link no address counts as one of ours: the chain ends")
    func privateLink() {
        for tlv in [
            ProxyTLV(.awsPrivateLink, [1] + ascii("vpce-1")), ProxyTLV(.azurePrivateLink, [1]),
        ] {
            let outer = from(balancer(2), tlv)
            let forged = from(client, ProxyTLV(.awsPrivateLink, [1] + ascii("vpce-2")))
            let weighed = weigh(balancer(1), outer, forged)
            #expect(weighed.address == balancer(2))
            #expect(weighed.believedHeaders == [outer])
        }
    }

    @Test("A private link before one of our load balancers is named by the last believed header")
    func innerPrivateLink() throws {
        let inner = from(client, ProxyTLV(.awsPrivateLink, [1] + ascii("vpce-1")))
        let weighed = weigh(balancer(1), from(balancer(2)), inner)
        #expect(
            try weighed.believedHeaders.last?.privateLinkIdentity() == .aws(endpointID: "vpce-1")
        )
    }

    @Test("Mapped addresses are compared and returned unmapped")
    func mapped() {
        func mapped(_ address: IPv4Address) -> SocketAddress {
            let low = 0xFFFF_0000_0000 | UInt64(address.bits)
            return SocketAddress(.v6(IPv6Address(high: 0, low: low)), port: 40000)
        }
        let plain = SocketAddress(.v4(IPv4Address(192, 0, 2, 1)), port: 40000)
        let header = ProxyHeader(
            source: mapped(IPv4Address(192, 0, 2, 1)),
            destination: mapped(IPv4Address(10, 0, 0, 9))
        )
        let weighed = weigh(mapped(IPv4Address(10, 0, 0, 1)), header)
        #expect(weighed.address == plain)
        #expect(weighed.destination == balancer(9))
        #expect(weigh(mapped(IPv4Address(192, 0, 2, 1))).address == plain)
    }
}
