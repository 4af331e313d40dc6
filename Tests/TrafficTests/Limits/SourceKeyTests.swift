import Addresses
import Testing
import Traffic

@Suite("What the limits of a source count")
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

    @Test("Neighbors are spread evenly over 64 stripes, whichever part differs")
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
        for seed in [0, 1, 0x9E37_79B9_7F4A_7C15, .max] as [UInt64] { expectEven(keys, seed: seed) }
    }

    private func expectEven(_ keys: [SourceKey], seed: UInt64) {
        var counts = [Int](repeating: 0, count: 64)
        for key in keys { counts[key.stripe(of: 64, seed: seed)] += 1 }
        let mean = keys.count / 64
        #expect(counts.allSatisfy { (mean / 2...mean * 2).contains($0) }, "\(counts)")
    }

    @Test("Sources that share a stripe under one seed do not under another")
    func seeded() {
        let keys = (0..<200_000 as Range<UInt64>).map {
            SourceKey(.v6(IPv6Address(high: $0, low: 0)))
        }
        let chosen = keys.filter { $0.stripe(of: 64, seed: 1) == 0 }
        #expect(chosen.count > 2_048)
        expectEven(chosen, seed: 0x1234_5678_9ABC_DEF0)
    }
}
