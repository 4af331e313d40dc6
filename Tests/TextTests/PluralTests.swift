import Testing
import Text

@Suite("Numbers and their nouns")
struct PluralTests {
    @Test("One is singular, everything else plural")
    func nouns() {
        #expect(1.of("session") == "1 session")
        #expect(0.of("session") == "0 sessions" && 2.of("query") == "2 queries")
        #expect(2.of("key") == "2 keys" && 2.of("address") == "2 addresses")
        #expect(2.of("match") == "2 matches" && 2.of("prefix") == "2 prefixes")
        #expect(UInt64(1_000).of("echo", written: "1,000") == "1,000 echoes")
        #expect(
            1.of("line", "is", "are") == "1 line is" && 2.of("line", "is", "are") == "2 lines are"
        )
    }
}
