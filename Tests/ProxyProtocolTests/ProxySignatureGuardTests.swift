import ProxyProtocol
import Testing

@Suite("A client that must not send a header is detected by its first bytes")
struct ProxySignatureGuardTests {
    /// What some receiver's header starts with.
    private static let beginnings = [ascii("PROXY"), hex("0d0a0d0a00")]

    /// The verdict after each of `chunks`.
    private func verdicts(_ chunks: [[UInt8]]) -> [ProxySignatureGuard.Verdict] {
        var watch = ProxySignatureGuard()
        return chunks.map { watch.receive($0) }
    }

    @Test(
        "The receiver's grammar matters: the start is refused, whatever follows",
        arguments: beginnings,
        [
            " TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "  TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
            "\tTCP4 192.0.2.1 192.0.2.2 1 2\n", " UNKNOWN\n", " TCP5 ", "\r\nQUIT\n", "", "X",
        ].map(ascii)
    )
    func whateverFollows(beginning: [UInt8], rest: [UInt8]) {
        let payload = beginning + rest
        #expect(verdicts([payload]) == [.header])
        for cut in 0..<beginning.count {
            #expect(
                verdicts([Array(payload[..<cut]), Array(payload[cut...])])
                    == [.undecided, .header]
            )
        }
        let single = verdicts(payload.map { [$0] })
        #expect(single.prefix(4).allSatisfy { $0 == .undecided })
        #expect(single.dropFirst(4).allSatisfy { $0 == .header })
    }

    @Test(
        "The first byte that matches none clears, and the bytes before it are held",
        arguments: beginnings
    )
    func cleared(beginning: [UInt8]) {
        for count in 0..<beginning.count {
            var watch = ProxySignatureGuard()
            for byte in beginning[..<count] { #expect(watch.receive([byte]) == .undecided) }
            #expect(watch.heldBytes == Array(beginning[..<count]))
            #expect(watch.receive([0xAA]) == .clear)
            #expect(watch.heldBytes == Array(beginning[..<count]))
            #expect(verdicts([beginning[..<count] + [0xAA]]) == [.clear])
        }
    }

    @Test(
        "Ordinary payload is cleared at once",
        arguments: [
            ascii("POST /api HTTP/1.1\r\n"), ascii("PUT /x HTTP/1.1\r\n"), ascii("PROPFIND / HTTP"),
            ascii("PROGRESS"), ascii("proxy tcp4 "), ascii("\r\n\r\nGET /"),
            hex("1603010200010001fc0303"), hex("200000018da2ff0000000001"),
        ]
    )
    func payload(bytes: [UInt8]) {
        #expect(verdicts([bytes]) == [.clear])
    }

    @Test("Empty chunks change nothing")
    func empty() {
        #expect(
            verdicts([[], ascii("PRO"), [], ascii("XY TCP4 ")]) == [
                .undecided, .undecided, .undecided, .header,
            ]
        )
    }

    @Test("A verdict is final, and at most four bytes are ever held")
    func final() {
        var watch = ProxySignatureGuard()
        #expect(watch.receive([UInt8](repeating: 0, count: 100_000)) == .clear)
        #expect(watch.receive(signature) == .clear)
        #expect(watch.heldBytes.isEmpty)
        for beginning in Self.beginnings {
            var watch = ProxySignatureGuard()
            for byte in beginning + beginning { _ = watch.receive([byte]) }
            #expect(watch.verdict == .header)
            #expect(watch.heldBytes.count == 4)
        }
    }
}
