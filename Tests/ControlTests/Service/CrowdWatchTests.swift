import Testing

@testable import Control

@Suite("When a crowd has gone")
struct CrowdWatchTests {
    /// Which of the counts, from 0 on, say so.
    private func departures(_ counts: [Int]) -> [Int] {
        var watch = CrowdWatch()
        return counts.indices.filter { watch.hasLeft(counts[$0]) }
    }

    private let quiet = CrowdWatch.quietCounts

    @Test("It has if three in four stayed away for ten counts, and is told once")
    func gone() {
        let counts = [10, 1_000] + Array(repeating: 250, count: 3 * quiet)
        #expect(departures(counts) == [1 + quiet])
    }

    @Test("It has not while it comes back")
    func returning() {
        let wave = [1_000] + Array(repeating: 0, count: quiet - 1)
        #expect(departures((0..<5).flatMap { _ in wave }) == [])
    }

    @Test("Each one is told")
    func several() {
        let wave = [1_000] + Array(repeating: 0, count: quiet)
        #expect(departures((0..<3).flatMap { _ in wave }).count == 3)
    }

    @Test("Few clients are no crowd", arguments: [0, 1, CrowdWatch.leastCount - 1])
    func few(count: Int) {
        #expect(departures([count] + Array(repeating: 0, count: 3 * quiet)) == [])
    }

    @Test("Slow departures count as one")
    func slow() {
        let counts = Array(stride(from: 1_000, through: 0, by: -10))
        #expect(departures(counts).count == 1)
    }
}
