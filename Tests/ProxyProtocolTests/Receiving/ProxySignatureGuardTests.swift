import ProxyProtocol
import Testing

@Suite("A client that must not send a header is found out by its first bytes")
struct ProxySignatureGuardTests {
    private static let signatures =
        [signature] + ["PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN"].map(ascii)

    /// The verdict after each of `chunks`.
    private func verdicts(_ chunks: [[UInt8]]) -> [ProxySignatureGuard.Verdict] {
        var watch = ProxySignatureGuard()
        return chunks.map { watch.receive($0) }
    }

    @Test("A signature is found with its last byte, however it is cut", arguments: signatures)
    func signatureCut(signature: [UInt8]) {
        for cut in 0..<signature.count {
            let chunks = [Array(signature[..<cut]), Array(signature[cut...])]
            #expect(verdicts(chunks) == [.undecided, .header])
            #expect(verdicts([chunks[0], chunks[1] + [0, 1, 2]]) == [.undecided, .header])
        }
        let single = signature.map { [$0] }
        #expect(verdicts(single).dropLast().allSatisfy { $0 == .undecided })
        #expect(verdicts(single).last == .header)
    }

    @Test(
        "The first byte that fits none clears, and the bytes before it are held",
        arguments: signatures
    )
    func cleared(signature: [UInt8]) {
        for count in 0..<signature.count {
            var watch = ProxySignatureGuard()
            for byte in signature[..<count] { #expect(watch.receive([byte]) == .undecided) }
            #expect(watch.heldBytes == Array(signature[..<count]))
            #expect(watch.receive([0xAA]) == .clear)
            #expect(watch.heldBytes == Array(signature[..<count]))
            #expect(verdicts([signature[..<count] + [0xAA]]) == [.clear])
        }
    }

    @Test(
        "Ordinary payload is clear at once",
        arguments: [
            ascii("POST /api HTTP/1.1\r\n"), ascii("PUT /x HTTP/1.1\r\n"),
            ascii("PROXY HTTP"), ascii("PROXY TCP5 "), ascii("proxy tcp4 "),
            ascii("\r\n\r\nGET /"), hex("1603010200010001fc0303"), hex("0d0a0d0a000d0a515549540b"),
            hex("200000018da2ff0000000001"),
        ]
    )
    func payload(bytes: [UInt8]) {
        #expect(verdicts([bytes]) == [.clear])
    }

    @Test("Empty chunks change nothing")
    func empty() {
        #expect(
            verdicts([[], ascii("PROXY "), [], ascii("TCP4 ")]) == [
                .undecided, .undecided, .undecided, .header,
            ]
        )
    }

    @Test("A verdict is final, and at most 12 bytes are ever held")
    func final() {
        var watch = ProxySignatureGuard()
        #expect(watch.receive([UInt8](repeating: 0, count: 100_000)) == .clear)
        #expect(watch.receive(signature) == .clear)
        #expect(watch.heldBytes.isEmpty)
        for signature in Self.signatures {
            var watch = ProxySignatureGuard()
            for byte in signature + signature { _ = watch.receive([byte]) }
            #expect(watch.verdict == .header)
            #expect(watch.heldBytes.count == signature.count - 1)
            #expect(watch.heldBytes.count <= 12)
        }
    }
}
