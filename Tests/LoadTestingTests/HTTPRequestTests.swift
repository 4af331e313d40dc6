import Testing

@testable import LoadTesting

@Suite struct HTTPRequestTests {
    private static func head(_ fields: [String], keepsConnection: Bool = false) -> String {
        let request = HTTPRequest(
            path: "/",
            host: "a.example",
            fields: fields,
            keepsConnection: keepsConnection
        )
        return String(decoding: request.head, as: UTF8.self)
    }

    @Test func sendsItsOwnFields() {
        let head = "GET / HTTP/1.1\r\nHost: a.example\r\nUser-Agent: sluice-bench\r\n"
        #expect(Self.head([]) == head + "Connection: close\r\n\r\n")
    }

    @Test func letsAGivenFieldReplaceItsOwn() {
        let fields = ["host: b.example", "USER-AGENT: me", "Connection: keep-alive", "X: y"]
        #expect(
            Self.head(fields) == "GET / HTTP/1.1\r\n" + fields.joined(separator: "\r\n")
                + "\r\n\r\n"
        )
    }

    @Test(arguments: ["Content-Length: 3", "transfer-encoding: chunked"])
    func refusesFieldsThatSayHowLongTheContentIs(field: String) {
        let request = HTTPRequest(path: "/", host: "a.example", fields: [field])
        #expect(request.problem?.contains("--body") == true)
    }

    @Test(arguments: ["no colon", ": nameless", "Host : x"])
    func refusesWhatIsNoField(field: String) {
        let request = HTTPRequest(path: "/", host: "a.example", fields: [field])
        #expect(request.problem == "a field must be written as Name: value")
    }
}
