import SeededRandom
import TestInputs
import Testing
import Traffic

@Suite("The token bucket")
struct TokenBucketTests {
    /// Whether a token is taken at each of these moments, from a bucket that was full at the first.
    private func takes(rate: Int, capacity: Int, at moments: Int64...) -> [Bool] {
        var bucket = TokenBucket(capacity: capacity, at: moments[0])
        return moments.map { bucket.take(ratePerSecond: rate, capacity: capacity, at: $0) }
    }

    /// How many of a hundred attempts at the same moment take a token.
    private func countTaken(from bucket: inout TokenBucket, capacity: Int, at now: Int64) -> Int {
        (0..<100).count { _ in bucket.take(ratePerSecond: 10, capacity: capacity, at: now) }
    }

    @Test("A full bucket provides its capacity at once, then nothing")
    func burst() {
        var bucket = TokenBucket(capacity: 5, at: 1_000)
        let taken = countTaken(from: &bucket, capacity: 5, at: 1_000)
        #expect(taken == 5)
    }

    @Test("A token comes back when its share of a second is over, and not a millisecond earlier")
    func gain() {
        let taken = takes(rate: 4, capacity: 1, at: 0, 249, 250, 499, 500)
        #expect(taken == [true, false, true, false, true])
    }

    @Test("However long the bucket is unused, the burst is at most the capacity")
    func idle() {
        var bucket = TokenBucket(capacity: 3, at: 0)
        let taken = countTaken(from: &bucket, capacity: 3, at: 1 << 40)
        #expect(taken == 3)
    }

    @Test("It agrees with a leaky bucket", arguments: SeededGenerator.seeds)
    func agreement(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let rate = Int.random(in: 1...5_000, using: &generator)
            let capacity = Int.random(in: 1...50, using: &generator)
            var now = generator.span(bitCount: 40)
            var bucket = TokenBucket(capacity: capacity, at: now)
            var reference = LeakyBucket(
                ratePerSecond: Int64(rate),
                capacity: Int64(capacity),
                at: now
            )
            for _ in 0..<200 {
                now += generator.span(bitCount: 10)
                let isTaken = bucket.take(ratePerSecond: rate, capacity: capacity, at: now)
                let expected = reference.take(at: now)
                #expect(isTaken == expected, "seed \(seed), at \(now)")
            }
        }
    }

    @Test("Neither a clock that goes back nor the same time twice adds tokens")
    func backwards() {
        let taken = takes(rate: 1, capacity: 2, at: 1_000, 500, 1_999, 0, 2_000, 2_000)
        #expect(taken == [true, true, false, false, true, false])
    }

    @Test("A smaller capacity applies immediately, a larger one is reached at the rate")
    func newCapacity() {
        var shrunk = TokenBucket(capacity: 100, at: 0)
        let few = countTaken(from: &shrunk, capacity: 2, at: 0)
        #expect(few == 2)

        var grown = TokenBucket(capacity: 1, at: 0)
        let first = countTaken(from: &grown, capacity: 50, at: 0)
        let second = countTaken(from: &grown, capacity: 50, at: 1_000)
        #expect([first, second] == [1, 10])
    }

    @Test("It is full until a token is used, and again once that has been refilled")
    func fullness() {
        var bucket = TokenBucket(capacity: 2, at: 0)
        let atFirst = bucket.isFull(ratePerSecond: 10, capacity: 2, at: 0)
        let isTaken = bucket.take(ratePerSecond: 10, capacity: 2, at: 0)
        let tooEarly = bucket.isFull(ratePerSecond: 10, capacity: 2, at: 99)
        let again = bucket.isFull(ratePerSecond: 10, capacity: 2, at: 100)
        #expect([atFirst, isTaken, tooEarly, again] == [true, true, false, true])
    }

    @Test("Enormous rates, capacities and times are within its arithmetic")
    func extremes() {
        #expect(takes(rate: .max, capacity: .max, at: 0, .max, .max) == [true, true, true])
        #expect(takes(rate: .max, capacity: 1, at: 0, 1, .max) == [true, true, true])
        #expect(takes(rate: 0, capacity: 1, at: 0, .max) == [true, false])
        #expect(takes(rate: .max, capacity: 0, at: 0, .max) == [false, false])
        #expect(takes(rate: 1, capacity: -1, at: 0, .max) == [false, false])
    }
}
