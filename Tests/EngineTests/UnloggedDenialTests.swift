import Testing

@testable import Engine

@Suite("Denials without a line", .timeLimit(.minutes(2)))
struct UnloggedDenialTests {
    @Test("Each is reported once, with the total since startup, shortly afterwards")
    func reported() async throws {
        let reports = Locked<[GatewayEvent]>([])
        let denials = UnloggedDenials { event in reports.withLock { $0.append(event) } }
        for _ in 0..<1_000 { denials.add() }
        func count() -> Int {
            reports.withLock { events in
                events.reduce(0) { sum, event in
                    guard case .denialsUnlogged(let count, _) = event else { return sum }
                    return sum + count
                }
            }
        }
        try await eventually { count() == 1_000 }
        denials.add()
        try await eventually { count() == 1_001 }
        #expect(denials.total == 1_001)
        #expect(reports.withLock { $0.last } == .denialsUnlogged(count: 1, total: 1_001))
    }
}
