import DomainNames
import Testing

@Suite("Names of hosts")
struct DomainNameTests {
    @Test("A name is compared without case and without a final dot")
    func normalized() throws {
        #expect(try DomainName("GW.Example.").text == "gw.example")
        #expect(try DomainName("GW.Example.") == DomainName("gw.example"))
        #expect(try DomainName("1.a-b.c9").labels == ["1", "a-b", "c9"])
    }

    @Test(
        "What no host may be called is an error that says why",
        arguments: [
            ("", DomainNameError.empty), (".", .emptyLabel), ("a..b", .emptyLabel),
            (".a", .emptyLabel), ("a..", .emptyLabel), ("a_b.c", .invalidCharacter),
            ("a b", .invalidCharacter), ("é.example", .invalidCharacter),
            ("a\u{301}.example", .invalidCharacter), ("-a.b", .hyphenAtEdge),
            ("a-.b", .hyphenAtEdge), ("10.0.0.1", .endsInNumber), ("a.1", .endsInNumber),
            ("*.example", .invalidCharacter),
            (String(repeating: "a", count: 64) + ".b", .labelTooLong),
        ]
    )
    func invalid(text: String, error: DomainNameError) {
        #expect(throws: error) { try DomainName(text) }
        #expect(!error.description.isEmpty)
    }

    @Test("A name has at most 253 bytes, and so has one under it")
    func length() throws {
        let labels = Array(repeating: String(repeating: "a", count: 63), count: 3)
        let longest = labels.joined(separator: ".") + "." + String(repeating: "b", count: 61)
        let name = try DomainName(longest)
        #expect(name.text.utf8.count == 253)
        #expect(throws: DomainNameError.tooLong) { try DomainName(longest + "b") }
        #expect(name.child(try DomainLabel("a")) == nil)
        #expect(name.parent?.child(try DomainLabel("c"))?.text.hasPrefix("c.") == true)
    }

    @Test("A name is within itself and those above it, label by label")
    func within() throws {
        let domain = try DomainName("gw.example")
        #expect(domain.isWithin(domain))
        #expect(try DomainName("a.b.gw.example").isWithin(domain))
        #expect(try !DomainName("agw.example").isWithin(domain))
        #expect(try !DomainName("example").isWithin(domain))
        #expect(try DomainName("example").parent == nil)
    }

    @Test("A host has its own name, else the wildcard of exactly one label, the first one")
    func matches() {
        func match(_ host: String, _ names: String...) -> String? {
            HostMatch.find(host) { names.contains($0) ? $0 : nil }.map { "\($0.match) \($0.value)" }
        }
        #expect(match("a.gw.example", "*.gw.example", "a.gw.example") == "exact a.gw.example")
        #expect(match("b.gw.example", "*.gw.example") == "wildcard *.gw.example")
        #expect(match("gw.example", "*.gw.example") == nil)
        #expect(match("a.b.gw.example", "*.gw.example") == nil)
        #expect(match("a.b.gw.example", "a.*.gw.example") == nil)
        #expect(match("192.0.2.1", "192.0.2.1") == "exact 192.0.2.1")
        for host in ["", ".", ".gw.example", "example"] {
            #expect(match(host, "*.gw.example", "*.", "*") == nil, "\(host)")
        }
    }

    @Test("The closest label to an id is suggested")
    func closest() {
        #expect(DomainLabel(closestTo: "SALES_EU")?.text == "sales-eu")
        #expect(DomainLabel(closestTo: "_a_")?.text == "a")
        #expect(DomainLabel(closestTo: "___") == nil)
        #expect(
            DomainLabel(closestTo: String(repeating: "x", count: 62) + "__y")?.text
                == String(repeating: "x", count: 62)
        )
    }
}
