import Testing

@testable import SampleWarehouse

@Suite("LIKE patterns")
struct LikePatternTests {
    @Test(
        "% stands for any characters, _ for one, and case does not count",
        arguments: [
            ("%", "", true), ("", "", true), ("", "a", false), ("a%", "Abc", true),
            ("%c", "abcabc", true), ("%bc%b_", "abcabx", true), ("a_c", "abc", true),
            ("a_c", "ac", false), ("%ab", "aab", true), ("a%b%c", "acb", false), ("_", "é", true),
        ]
    )
    func matches(pattern: String, text: String, isMatch: Bool) {
        #expect(LikePattern(pattern).matches(text) == isMatch)
    }

    @Test("Many % do not make it slow", .timeLimit(.minutes(1)))
    func manyWildcards() {
        let pattern = LikePattern(String(repeating: "%a", count: 200) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 5_000)))
    }
}
