import Addresses
import NameService
import SeededRandom
import Testing

@Suite("Limits of answers per network")
struct ResponseLimiterTests {
    private func v4(_ third: UInt8, _ last: UInt8) -> IPAddress {
        .v4(IPv4Address(192, 0, third, last))
    }

    private func decisions(
        _ limiter: inout ResponseLimiter,
        _ client: IPAddress,
        _ kind: ResponseKind = .answer,
        count: Int,
        at now: Int64
    ) -> [ResponseLimiter.Decision] {
        (0..<count).map { _ in limiter.decide(client, kind, at: now) }
    }

    @Test(
        "A network gets its rate at once, then every second answer is truncated and others dropped"
    )
    func limit() {
        var limiter = ResponseLimiter(rate: 3, slip: 2, seed: 1)
        let first = decisions(&limiter, v4(2, 1), count: 7, at: 0)
        #expect(first == [.send, .send, .send, .drop, .truncate, .drop, .truncate])
        // The whole /24 is one network, another one is not touched.
        #expect(decisions(&limiter, v4(2, 200), count: 1, at: 0) == [.drop])
        #expect(decisions(&limiter, v4(3, 1), count: 1, at: 0) == [.send])
        // Other kinds have rates of their own.
        #expect(decisions(&limiter, v4(2, 1), .noSuchName, count: 1, at: 0) == [.send])
    }

    @Test("Credit comes back with time, never more than for one second")
    func refill() {
        var limiter = ResponseLimiter(rate: 2, slip: 0, seed: 1)
        #expect(decisions(&limiter, v4(2, 1), count: 3, at: 0) == [.send, .send, .drop])
        #expect(decisions(&limiter, v4(2, 1), count: 2, at: 500) == [.send, .drop])
        #expect(decisions(&limiter, v4(2, 1), count: 3, at: 90_000) == [.send, .send, .drop])
    }

    @Test("An IPv6 network is a /56")
    func ipv6() {
        var limiter = ResponseLimiter(rate: 1, slip: 0, seed: 1)
        let base: UInt64 = 0x2001_0db8_0000_0000
        func client(_ offset: UInt64) -> IPAddress {
            .v6(IPv6Address(high: base + offset, low: offset))
        }
        #expect(limiter.decide(client(0), .answer, at: 0) == .send)
        #expect(limiter.decide(client(0xff), .answer, at: 0) == .drop)
        #expect(limiter.decide(client(0x100), .answer, at: 0) == .send)
    }

    @Test("A rate of 0 limits nothing")
    func off() {
        var limiter = ResponseLimiter(rate: 0, slip: 2, seed: 1)
        #expect(decisions(&limiter, v4(2, 1), count: 1_000, at: 0).allSatisfy { $0 == .send })
    }

    @Test("Many networks do not make the table larger, and those seen last are remembered")
    func manyNetworks() {
        var limiter = ResponseLimiter(rate: 1, slip: 0, seed: 9, networkLimit: 64)
        var random = SeededGenerator(seed: 3)
        for time in 0..<10_000 {
            let client = IPAddress.v4(IPv4Address(bits: random.next(upperBound: UInt32.max)))
            _ = limiter.decide(client, .answer, at: Int64(time))
        }
        #expect(limiter.decide(v4(2, 1), .answer, at: 10_000) == .send)
        #expect(limiter.decide(v4(2, 1), .answer, at: 10_000) == .drop)
    }
}
