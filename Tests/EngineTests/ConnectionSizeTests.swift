import Testing

@testable import Engine

@Suite("What an idle connection costs")
struct ConnectionSizeTests {
    @Test("Its slot is small: what few connections have lies elsewhere")
    func slot() {
        #expect(MemoryLayout<Connection>.stride <= 384)
    }
}
