import Settings
import Testing

@testable import Control

/// Whoever does what a remedy says has a file that passes.
@Suite("Remedies")
struct RemedyTests {
    /// A line of a listener or a whitelist's entry, with the part that a remedy replaces in `«»`.
    private static let listenerLines = [
        ("mysql", "healthCheck: «no»"), ("mysql", "healthCheck: «None»"),
        ("http", "healthCheck: «disabled»"), ("tcp", "healthCheck: «on»"),
        ("mysql", "sendProxyProtocol: «false»"), ("mysql", "sendProxyProtocol: «2»"),
        ("mysql", "proxyProtocol: «off»"), ("mysql", "«idleTimeout: 5m»"),
        ("mysql", "«connectTimeout: 5s»"), ("mysql", "«proxy_connect_timeout: 5s»"),
        ("mysql", "«timeout_server: 5m»"), ("mysql", "timeouts: «5m»"),
        ("mysql", "reject: «Drop»"), ("mysql", "healthCheck: { interval: «5» }"),
    ]

    private static let entries = [
        "«{ allow: 10.0.0.0/8 }»", "«{ 10.0.0.0/8: Lisbon }»", "«{ \"2001:db8::/32\": Lisbon }»",
        "{ cidr: «10.0.0.1 to 10.0.0.9» }", "{ cidr: «10.1.2.3/8» }", "{ cidr: «10.1.*.*» }",
        "{ cidr: «10.0.0.0 255.0.0.0» }", "{ cidr: 10.0.0.0/8, action: «permitted» }",
        "{ cidr: 10.0.0.0/8, expires: «2027-01-01» }", "«10.0.0.1 to 10.0.0.9»",
    ]

    private static let backends = [
        "«db: 3306»", "«127.0.0.1: 3306»", "«db:»", "«127.0.0.1:»", "«{ host: db, port: 3306 }»",
        "«\"127.0.0.1 : 3306\"»", "«db»", "«127.0.0.1»", "«http://db:3306»",
        "«{ ip: \"::1\", port: 3306 }»",
    ]

    private func file(
        protocol word: String = "mysql",
        line: String = "",
        entry: String = "10.0.0.0/8",
        backend: String = "db:3306"
    ) -> String {
        """
        warehouses:
          - id: A
            whitelist: { entries: [ \(entry) ] }
            listeners:
              - protocol: \(word)
                listen: 0.0.0.0:9030
                backends: [ \(backend) ]
                \(line)

        """
    }

    /// Loads the file, does what its only error's remedy says, and expects no error then.
    private func expectCure(of template: String) throws {
        let faulty = try load(template.replacing("«", with: "").replacing("»", with: ""))
        #expect(faulty.faults.count == 1, "\(faulty.lines)")
        let remedy = try #require(faulty.faults.first?.remedy, "\(faulty.lines)")
        let words = ["write ", "did you mean ", "add a port: ", "add a unit: "]
        let word = try #require(words.first(where: remedy.hasPrefix), "\(remedy)")
        var meant = remedy.dropFirst(word.count)
        if let end = meant.firstRange(of: ", without")?.lowerBound
            ?? meant.firstRange(of: " for the")?.lowerBound
        {
            meant = meant[..<end]
        }
        if meant.hasSuffix("?") { meant = meant.dropLast() }
        let start = try #require(template.firstIndex(of: "«"))
        let end = try #require(template.firstIndex(of: "»"))
        let cured = template[..<start] + meant + template[template.index(after: end)...]
        #expect(try load(String(cured)).faults == [], "\(remedy)")
    }

    @Test("A listener passes after the remedy", arguments: listenerLines)
    func listener(word: String, line: String) throws {
        try expectCure(of: file(protocol: word, line: line))
    }

    @Test("A whitelist's entry passes after the remedy", arguments: entries)
    func entry(entry: String) throws {
        try expectCure(of: file(entry: entry))
    }

    @Test("A backend passes after the remedy", arguments: backends)
    func backend(backend: String) throws {
        try expectCure(of: file(backend: backend))
    }

    @Test(
        "If a key does not belong to the check, the remedy is to remove it or to add a type",
        arguments: [
            ("mysql", "path: /", "remove path"), ("tcp", "path: /", "remove path"),
            ("http", "path: /", "add type: http"), ("http", "user: x", "remove user"),
            ("tcp", "user: x", "remove user"),
        ]
    )
    func healthCheck(word: String, key: String, remedy: String) throws {
        let faulty = try load(file(protocol: word, line: "healthCheck: { \(key) }"))
        #expect(faulty.faults.map(\.remedy) == [remedy])
        let cure = remedy.hasPrefix("add ") ? "\(key), \(remedy.dropFirst(4))" : ""
        #expect(try load(file(protocol: word, line: "healthCheck: { \(cure) }")).faults == [])
    }

    @Test("A check of another protocol, even with a path, is fixed by one word")
    func otherCheck() throws {
        let faulty = try load(file(line: "healthCheck: { type: http, path: / }"))
        #expect(faulty.faults.map(\.remedy) == ["set healthCheck: mysql"])
        #expect(try load(file(line: "healthCheck: mysql")).faults == [])
    }
}
