import Testing

@testable import Control

@Suite("Where a browser goes after a login")
struct ReturnPathTests {
    @Test("Paths of the gateway's own are kept as they are")
    func own() {
        for text in ["/", "/warehouses", "/w/A?tab=b&next=//x", "/a%20b#c", "/a/?q=%2F"] {
            #expect(ReturnPath(text)?.text == text)
        }
    }

    @Test(
        "Nothing is accepted that a browser or a proxy could take for another host",
        arguments: [
            "", "//evil.example", "///evil.example", #"/\evil.example"#, #"\\evil.example"#,
            "https://evil.example", "https:evil.example", "javascript:alert(1)", "evil.example",
            "/%2Fevil.example", "/%2fevil.example", "/%5Cevil.example", "/%252Fevil.example",
            "/%25252Fevil.example", "/\t/evil.example", "/%09/evil.example", "/%0d%0aSet-Cookie:a",
            "/\n/evil.example", "/./%2Fevil.example", "/.//evil.example", "/a/..//evil.example",
            "/a/../b", "/%2e%2e/x", "/a//b", "/%", "/%zz", "/ü", "/a b", " /a", "?x", "#x",
            "/%252525252525252Fevil.example", "/a\u{202e}b", "/%E2%80%AEb",
        ]
    )
    func foreign(text: String) {
        #expect(ReturnPath(text) == nil)
    }

    @Test("A path has at most 512 bytes")
    func long() {
        #expect(ReturnPath("/" + String(repeating: "a", count: 511)) != nil)
        #expect(ReturnPath("/" + String(repeating: "a", count: 512)) == nil)
    }
}
