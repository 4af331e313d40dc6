import Addresses
import Policy
import ProxyProtocol
import Settings
import Testing
import Traffic

@Suite("The endpoint of a client that a header names")
struct ListenerEndpointTests {
    private let aws = ProxyTLV(.awsPrivateLink, [0x01] + Array("vpce-0123456789abcdef0".utf8))
    private let broken = ProxyTLV(.awsPrivateLink, [0x01] + Array("other".utf8))

    private func listener(_ link: LinkKind, endpoint: String? = nil) -> Listener {
        Listener(
            of: "W",
            protocol: .tcp,
            address: SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 1),
            link: link,
            endpoint: endpoint,
            backends: []
        )
    }

    private func client(_ tlvs: [ProxyTLV]?) -> EffectiveClient {
        let address = SocketAddress(.v4(IPv4Address(10, 1, 0, 10)), port: 1)
        let header = tlvs.map { ProxyHeader(source: address, destination: address, tlvs: $0) }
        return EffectiveClient(address: address, believedHeaders: header.map { [$0] } ?? [])
    }

    @Test("On a cloud's link, it is the one that the header names")
    func cloud() throws {
        let listener = listener(.private)
        let named = EndpointName(.aws, "vpce-0123456789abcdef0")
        #expect(try listener.endpoint(of: client([aws])) == named)
        #expect(try listener.endpoint(of: client([])) == nil)
        #expect(throws: EndpointConflict.self) { try listener.endpoint(of: client([broken])) }
    }

    @Test("A listener's own is used if no header names one")
    func embedded() throws {
        let listener = listener(.private, endpoint: "reporting")
        let own = EndpointName(.embedded, "reporting")
        #expect(try listener.endpoint(of: client(nil)) == own)
        #expect(try listener.endpoint(of: client([])) == own)
    }

    @Test("A header that names another endpoint than the listener's is not ignored")
    func contradiction() throws {
        let listener = listener(.private, endpoint: "reporting")
        let error = #expect(throws: EndpointConflict.self) {
            try listener.endpoint(of: client([aws]))
        }
        let words = try #require(error).description
        #expect(words.contains("aws:vpce-0123456789abcdef0"))
        #expect(words.contains("embedded:reporting"))
        #expect(throws: EndpointConflict.self) { try listener.endpoint(of: client([broken])) }
    }

    @Test("Other links have none, whatever a header contains")
    func otherLinks() throws {
        #expect(try listener(.public).endpoint(of: client([aws])) == nil)
        #expect(try listener(.outbound).endpoint(of: client([broken])) == nil)
    }
}
