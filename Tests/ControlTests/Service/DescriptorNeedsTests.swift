import Testing

@testable import Control

@Suite("The descriptors that a gateway needs before it serves")
struct DescriptorNeedsTests {
    @Test("Three for each worker and event loop, one for each listener, and some more")
    func count() {
        let least = DescriptorNeeds(workers: 1, eventLoops: 1, listeners: 0).count
        #expect(DescriptorNeeds(workers: 5, eventLoops: 1, listeners: 0).count == least + 12)
        #expect(DescriptorNeeds(workers: 1, eventLoops: 5, listeners: 0).count == least + 12)
        #expect(DescriptorNeeds(workers: 1, eventLoops: 1, listeners: 9).count == least + 9)
    }

    @Test("A lower limit is an error that names what to raise")
    func obstacle() throws {
        let needs = DescriptorNeeds(workers: 2, eventLoops: 2, listeners: 1)
        #expect(needs.obstacle(limit: needs.count) == nil)
        let words = try #require(needs.obstacle(limit: 16))
        #expect(words.contains("is 16, but \(needs.count) are needed"))
        #expect(words.contains("2 workers and 1 listener, plus 2 per connection"))
        #expect(words.contains("ulimit -n") && words.contains("LimitNOFILE"))
    }
}
