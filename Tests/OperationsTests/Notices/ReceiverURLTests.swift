import Operations
import Testing

@Suite("The URLs of receivers")
struct ReceiverURLTests {
    @Test(
        "A URL has one form, however it is written",
        arguments: [
            ("https://alerts.example.com", "https://alerts.example.com/"),
            (
                "HTTPS://Alerts.Example:443/a/b?c=d&e=%20",
                "https://alerts.example/a/b?c=d&e=%20"
            ),
            ("http://10.0.0.5:80?x", "http://10.0.0.5/?x"),
            ("http://10.0.0.5:8080/@here", "http://10.0.0.5:8080/@here"),
            ("https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443/"),
            ("https://[::ffff:127.0.0.1]/", nil), ("http://0x7f.1/", "http://0x7f.1/"),
            ("http://host./", "http://host./"),
        ] as [(String, String?)]
    )
    func form(text: String, form: String?) throws {
        let url = try ReceiverURL(parsing: text)
        if let form { #expect(url.text == form) }
        #expect(try ReceiverURL(parsing: url.text).text == url.text)
    }

    @Test(
        "What could be understood in two ways, or has a password in it, is refused",
        arguments: [
            "", "https://", "https:///x", "ftp://a/", "file:///etc/passwd", "//a/", "a", "https:a",
            "https://user@a/", "https://user:secret@a/", "https://a@127.0.0.1/",
            "https://a\\@127.0.0.1/", "https://a/#x", "https://a b/", "https://a/\r\nX: y",
            "https://ä.example/", "https://a:0/", "https://a:65536/", "https://a:/", "https://a:b/",
            "https://[::1/", "https://[::1]x/", "https://[127.0.0.1]/", "https://[fe80::1%25eth0]/",
            "https://a..b/", "https://.a/", "https://a_!/", "https://a,b/", "https://%31/",
            "https://a/\u{7f}", "https://a/{b}",
        ]
    )
    func refusal(text: String) {
        #expect(throws: ReceiverURL.Refusal.self) { try ReceiverURL(parsing: text) }
    }

    @Test("A URL's length is bounded")
    func length() throws {
        let base = "https://a/"
        let longest = base + String(repeating: "b", count: ReceiverURL.byteLimit - base.utf8.count)
        _ = try ReceiverURL(parsing: longest)
        #expect(throws: ReceiverURL.Refusal.self) { try ReceiverURL(parsing: longest + "b") }
    }
}
