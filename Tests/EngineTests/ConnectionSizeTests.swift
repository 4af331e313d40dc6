import Testing

@testable import Engine

@Suite("The cost of an idle connection")
struct ConnectionSizeTests {
    @Test("Its slot is small: rarely used state is elsewhere")
    func slot() {
        #expect(MemoryLayout<Connection>.stride <= 384)
    }
}
