import Addresses
import ProxyProtocol

/// The longest header that the gateway accepts by default.
private let byteLimit = 4_096

func measureProxyDecoding() {
    for sample in HeaderSample.all {
        measure("PROXY: a header is decoded (\(sample.name))", each: try sample.encoded()) {
            try ProxyHeader.decode($0, limit: byteLimit)
        }
    }
    let request = Array("GET /api/bootstrap HTTP/1.1\r\n".utf8)
    measure("PROXY: what is no header is refused", each: [request]) { bytes in
        refusal { try ProxyHeader.decode(bytes, limit: byteLimit) }
    }
    measure("PROXY: a private link is identified", each: HeaderSample.privateLink.headers) {
        try $0.privateLinkIdentity()
    }
}

func measureProxyEncoding() {
    for sample in HeaderSample.all {
        let hasChecksum = sample.hasChecksum
        measure("PROXY: a header is encoded (\(sample.name))", each: sample.headers) {
            try $0.encoded(addingChecksum: hasChecksum)
        }
    }
}

func measureProxyReceiving() {
    for sample in [HeaderSample.plainText, .privateLink] {
        for pieces in Pieces.allCases {
            let name = "PROXY: a header is received \(pieces.rawValue) (\(sample.name))"
            measure(name, each: try sample.encoded().map(pieces.cut), receive)
        }
    }
    measureClient()
    measureGuard()
}

/// How the network cuts a header.
private enum Pieces: String, CaseIterable {
    case whole = "in one piece"
    case halves = "in two pieces"
    case bytes = "byte by byte"

    func cut(_ bytes: [UInt8]) -> [[UInt8]] {
        let half = bytes.count / 2
        return switch self {
        case .whole: [bytes]
        case .halves: [Array(bytes[..<half]), Array(bytes[half...])]
        case .bytes: bytes.map { [$0] }
        }
    }
}

private func receive(_ pieces: [[UInt8]]) throws -> [ProxyHeader] {
    var receiver = ProxyHeaderReceiver(byteLimit: byteLimit)
    for piece in pieces { _ = try receiver.receive(piece) }
    require(receiver.headers.count == 1, "no header was received")
    return receiver.headers
}

private func measureClient() {
    let balancer = SocketAddress(.v4(IPv4Address(10, 0, 0, 9)), port: 40_000)
    measure("PROXY: a header names the client", each: HeaderSample.privateLink.headers) {
        effectiveClient(peer: balancer, headers: [$0]) { $0 == balancer.ip }
    }
}

private func measureGuard() {
    measureGuard("clears a request at its first byte", .clear, ["GET /api/bootstrap HTTP/1.1\r\n"])
    measureGuard("clears what begins as a header", .clear, ["PRO", "PFIND / HTTP/1.1"])
    measureGuard("catches a header", .header, ["PROXY TCP4 192.0.2.1 198.51.100.7 56324 9030\r\n"])
    measureGuard("catches a header byte by byte", .header, "PROXY".map(String.init))
}

private func measureGuard(
    _ sentence: String,
    _ verdict: ProxySignatureGuard.Verdict,
    _ chunks: [String]
) {
    let chunks = chunks.map { Array($0.utf8) }
    measure("PROXY: the guard \(sentence)", each: [chunks]) { chunks in
        var watch = ProxySignatureGuard()
        for chunk in chunks { _ = watch.receive(chunk) }
        require(watch.verdict == verdict, "another verdict than \(verdict)")
    }
}
