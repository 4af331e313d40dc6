import Addresses
import Sockets
import Testing

@Suite("Resolving names")
struct ResolverTests {
    @Test("An address in digits is its own name, an IPv4-mapped one the IPv4 address")
    func digits() throws {
        #expect(try Resolver.addresses(of: "127.0.0.9") == [.v4(IPv4Address(127, 0, 0, 9))])
        let ipv6 = IPAddress.v6(IPv6Address(high: 0x2001_0db8 << 32, low: 1))
        #expect(try Resolver.addresses(of: "2001:db8::1") == [ipv6])
        let mapped = try Resolver.addresses(of: "::ffff:192.0.2.1")
        #expect(mapped == [.v4(IPv4Address(192, 0, 2, 1))])
    }

    @Test("localhost is this machine, each of its addresses once")
    func localhost() throws {
        let addresses = try Resolver.addresses(of: "localhost")
        #expect(!addresses.isEmpty)
        #expect(Set(addresses).count == addresses.count)
        let own: Set = [LoopbackPair.loopback, .v6(IPv6Address(high: 0, low: 1))]
        #expect(own.isSuperset(of: addresses))
    }

    @Test("An impossible name is an error with the system's message", arguments: ["a..b", ""])
    func unknown(name: String) {
        let error = #expect(throws: Resolver.Failure.self) { try Resolver.addresses(of: name) }
        #expect(error?.description.isEmpty == false)
    }
}
