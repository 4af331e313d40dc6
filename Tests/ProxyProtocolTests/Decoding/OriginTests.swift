import ProxyProtocol
import Testing

@Suite("The origin is the proxied address, or the real end where the header has none to use")
struct OriginTests {
    private let ends = ProxyHeader.Endpoints.ip(source: client, destination: server)

    @Test("PROXY with IP addresses, over streams and datagrams: the addresses")
    func proxied() {
        for transport in [ProxyHeader.Transport.stream, .datagram] {
            let header = ProxyHeader(transport: transport, endpoints: ends)
            #expect(header.origin == .proxied(source: client, destination: server))
        }
    }

    @Test("LOCAL, whatever else the value holds: the real ends")
    func local() {
        for transport in ProxyHeader.Transport.allCases {
            let header = ProxyHeader(command: .local, transport: transport, endpoints: ends)
            #expect(header.origin == .local)
        }
    }

    @Test("Nothing specified, and UNIX sockets: the real ends")
    func unspecified() {
        let headers = [
            ProxyHeader(transport: .unspecified, endpoints: ends),
            ProxyHeader(transport: .stream, endpoints: .unspecified),
            ProxyHeader(transport: .stream, endpoints: .unix(source: [0x2F], destination: [0x2F])),
        ]
        for header in headers { #expect(header.origin == .local) }
    }
}
