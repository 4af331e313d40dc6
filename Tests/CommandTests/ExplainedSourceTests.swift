import Testing

@testable import sluice

@Suite("The client of sluice explain")
struct ExplainedSourceTests {
    @Test(
        "What is not one address gets the remedy for what it probably is",
        arguments: [
            ("10.0.0.1:3306", "did you mean 10.0.0.1?"), ("[::1]:80", "did you mean ::1?"),
            ("127.0.0.0/24", "such as 127.0.0.0"), ("10.0.0.1-10.0.0.9", "such as 10.0.0.1"),
            ("db.example.com", "name"), ("10.0.0.256", "greater than 255"),
        ]
    )
    func remedy(text: String, words: String) {
        #expect {
            try ExplainAccessCommand.address(text)
        } throws: { error in
            "\(error)".contains(words)
        }
    }
}
