import Control
import Testing

@testable import sluice

@Suite("What the gateway refuses, in a line of the command line")
struct RefusalTextTests {
    private func text(_ message: String, code: String = "X") -> String {
        "\(ManagementRefusal(status: 403, code: code, message: message))"
    }

    @Test("A message has neither a capital nor a full stop, unless it is several sentences")
    func fragment() {
        #expect(text("Unknown account \"a\".") == "unknown account \"a\"")
        #expect(text("A whitelist is closed.") == "a whitelist is closed")
        #expect(text("One. Two.") == "one. Two.")
        #expect(text("PUT is not supported here.") == "PUT is not supported here")
        #expect(text("\"admin\" is the last.") == "\"admin\" is the last")
        #expect(text("") == "" && text("A") == "A")
    }

    @Test("What has to be set up first is named as a command")
    func secondFactor() {
        let words = text("Set them up first.", code: "SecondFactorRequired")
        #expect(words.contains("(sluice account second-factor set)"))
    }
}
