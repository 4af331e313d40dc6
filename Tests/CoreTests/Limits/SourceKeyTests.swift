import Addresses
import Core
import Testing

@Suite("Whom the limits of a source count")
struct SourceKeyTests {
    private func key(_ text: String) throws -> SourceKey {
        SourceKey(try IPAddress(parsing: text))
    }

    @Test("An IPv4 address counts by itself, mapped into IPv6 too")
    func ipv4() throws {
        #expect(try key("192.0.2.1") != key("192.0.2.2"))
        #expect(try key("192.0.2.1") == SourceKey(.v6(mapped(0xC000_0201))))
    }

    private func mapped(_ bits: UInt64) -> IPv6Address {
        IPv6Address(high: 0, low: 0xFFFF_0000_0000 | bits)
    }

    @Test("All addresses of an IPv6 /64 count as one, those of the next /64 as another")
    func ipv6() throws {
        #expect(try key("2001:db8:0:1::1") == key("2001:db8:0:1:ffff:ffff:ffff:ffff"))
        #expect(try key("2001:db8:0:1::1") != key("2001:db8:0:2::1"))
        #expect(try key("2001:db8::1") != key("2001:db9::1"))
    }

    @Test("An IPv4 address is never the same source as an IPv6 network of the same bits")
    func families() {
        let network = IPAddress.v6(IPv6Address(high: 0xC000_0201, low: 5))
        #expect(SourceKey(.v4(IPv4Address(192, 0, 2, 1))) != SourceKey(network))
    }

    @Test("Neighbours are spread evenly over 64 stripes, whatever the part that differs")
    func stripes() {
        for shift in [0, 8, 16] as [UInt32] {
            let keys = (0..<65_536 as Range<UInt32>).map { number in
                SourceKey(.v4(IPv4Address(bits: 0x0A00_0000 &+ number << shift)))
            }
            expectEven(keys)
        }
        for shift in [0, 16, 32, 48] as [UInt64] {
            let keys = (0..<65_536 as Range<UInt64>).map { number in
                SourceKey(.v6(IPv6Address(high: number << shift, low: 0)))
            }
            expectEven(keys)
        }
    }

    private func expectEven(_ keys: [SourceKey]) {
        var counts = [Int](repeating: 0, count: 64)
        for key in keys { counts[key.stripe(of: 64)] += 1 }
        let mean = keys.count / 64
        #expect(counts.allSatisfy { (mean / 2...mean * 2).contains($0) }, "\(counts)")
    }
}
