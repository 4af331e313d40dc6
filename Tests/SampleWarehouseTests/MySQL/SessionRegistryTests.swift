import Testing

@testable import SampleWarehouse

@Suite("The registry of sessions")
struct SessionRegistryTests {
    @Test("Sessions beyond the limit are not let in until one has ended")
    func limit() throws {
        let registry = SessionRegistry(limit: 2)
        let first = try #require(registry.open(host: "a"))
        let second = try #require(registry.open(host: "b"))
        #expect(registry.open(host: "c") == nil)
        registry.close(first)
        let third = try #require(registry.open(host: "c"))
        #expect(registry.sessions.map(\.connectionID) == [second, third])
        #expect(registry.sessions.map(\.host) == ["b", "c"])
    }
}
