import HTTPProtocol
import Testing

@Suite("A request's head")
struct RequestHeadTests {
    private static let load =
        "PUT /api/db/t/_stream_load?a=b HTTP/1.1\r\nhOST: A.gw.Example.:8030\r\nlabel:  x y \r\n"
        + "max_filter_ratio: 0.1\r\nLabel: z\r\nX-Empty:\r\nExpect: 100-Continue\r\n"
        + "Connection: Keep-Alive, X-Y\r\nX-Y: 1\r\nTransfer-Encoding: Chunked\r\n\r\n"

    private func head(_ text: String) throws -> HTTPRequestHead {
        try #require(try requestHead(text)).head
    }

    @Test("It is the same in pieces of any size, and ends at its empty line")
    func pieces() throws {
        let text = "\r\n\r\n" + Self.load + "5\r\nhello"
        for size in 1...text.utf8.count {
            let (head, byteCount) = try #require(try requestHead(text, pieceByteCount: size))
            #expect(byteCount == Self.load.utf8.count + 4)
            #expect(head.bytes == Array(Self.load.utf8))
        }
        #expect(try requestHead(String(Self.load.dropLast())) == nil)
    }

    @Test("The reader keeps what has arrived, and begins again after a head")
    func reader() throws {
        var reader = HTTPRequestReader()
        let beginning = Array("\r\n".utf8)
        let first = try reader.receive(beginning.span)
        #expect(first == nil && reader.isEmpty && reader.byteCount == 2)
        let bytes = Array("GET / HTTP/1.0\r\n\r\nPOST".utf8)
        let second = try reader.receive(bytes.span)
        #expect(second?.consumed == 18)
        #expect(reader.isEmpty && reader.byteCount == 0)
        let third = try reader.receive(bytes.span.extracting(18..<22))
        #expect(third == nil && !reader.isEmpty && reader.held == Array("POST".utf8))
    }

    @Test("It has a method, a target, a host, fields and a body")
    func parts() throws {
        let head = try head(Self.load)
        #expect(head.method == "PUT" && head.target == "/api/db/t/_stream_load?a=b")
        #expect(head.bytes[head.targetRange].elementsEqual(head.target.utf8))
        #expect(head.minorVersion == 1)
        #expect(head.authority == "A.gw.Example.:8030" && head.host == "a.gw.example")
        #expect(head.value(of: "Label") == "x y" && head.value(of: "x-empty")?.isEmpty == true)
        #expect(head.value(of: "MAX_FILTER_RATIO") == "0.1" && head.value(of: "max") == nil)
        #expect(head.body == .chunked && head.declaresBody && head.declaresLength)
        #expect(head.keepsConnection && head.hasExpect && head.expectsContinue && !head.upgrades)
    }

    @Test("The body has the declared length, or none", arguments: bodies)
    func body(field: String, body: BodyLength, declaresLength: Bool) throws {
        let head = try head("POST / HTTP/1.1\r\nHost: a\r\n\(field)\r\n")
        #expect(head.body == body && head.declaresLength == declaresLength)
        #expect(head.declaresBody == !body.isComplete)
    }

    private static let bodies: [(String, BodyLength, Bool)] = [
        ("", .bytes(0), false), ("Content-Length: 0\r\n", .bytes(0), true),
        ("Content-Length:  007 \r\n", .bytes(7), true),
        ("content-length:999999999999999999\r\n", .bytes(999_999_999_999_999_999), true),
        ("transfer-encoding:   CHUNKED \r\n", .chunked, true),
        // Other fields, to this reader and to every other that does not read names loosely.
        ("Transfer_Encoding: chunked\r\nContent_Length: 5\r\n", .bytes(0), false),
        ("X-Content-Length: 5\r\nContent-Length-X: 5\r\n", .bytes(0), false),
    ]

    @Test("The host is that of the target in absolute form, or of Host", arguments: hosts)
    func host(text: String, host: String?) throws {
        #expect(try head("GET \(text)\r\n\r\n").host == host)
    }

    private static let hosts: [(String, String?)] = [
        ("/ HTTP/1.1\r\nHost: db_1.example:8030", "db_1.example"),
        ("/ HTTP/1.1\r\nHost: a:", "a"), ("/ HTTP/1.1\r\nHost: 10.0.0.1:80", "10.0.0.1"),
        ("/ HTTP/1.1\r\nHost: [2001:DB8::1]:80", "[2001:db8::1]"),
        ("/ HTTP/1.1\r\nHost: [::ffff:10.0.0.1]", "[::ffff:10.0.0.1]"),
        ("/ HTTP/1.1\r\nHost:", nil), ("/ HTTP/1.0", nil), ("/ HTTP/1.0\r\nHost: a", "a"),
        ("http://B.example/x?y HTTP/1.1\r\nHost: b.example", "b.example"),
        ("http://b:80 HTTP/1.1\r\nHost: b", "b"), ("HTTPS://b:443? HTTP/1.1\r\nHost: b", "b"),
        ("http://b/ HTTP/1.1\r\nHost: b:80", "b"), ("http://b: HTTP/1.0", "b"),
        ("http://b/http://c HTTP/1.1\r\nHost: b", "b"),
    ]

    @Test(
        "Old clients may send bytes in a path that should be encoded",
        arguments: ["/\u{e4}", "/a|b", "/{x}", "/\\", "/\"<>^`", "//x", "/a%2fb"]
    )
    func target(target: String) throws {
        #expect(try head("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n").target == target)
    }

    @Test("OPTIONS may be for the server itself")
    func asterisk() throws {
        #expect(try head("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").target == "*")
    }

    @Test("The connection is kept by the version and Connection", arguments: connections)
    func connection(text: String, isKept: Bool) throws {
        #expect(try head("GET / HTTP/1.\(text)\r\n\r\n").keepsConnection == isKept)
    }

    private static let connections = [
        ("1\r\nHost: a", true), ("0\r\nHost: a", false),
        ("1\r\nHost: a\r\nConnection: CLOSE", false),
        ("0\r\nConnection: keep-alive", true), ("0\r\nConnection: keep-alive, close", false),
        ("1\r\nHost: a\r\nConnection: x\r\nConnection: ,close", false),
        ("1\r\nHost: a\r\nConnection: closed", true),
        ("1\r\nHost: a\r\nProxy-Connection: close", true),
    ]

    @Test("Expect and Upgrade count in HTTP/1.1 only")
    func expectations() throws {
        let fields = "Host: a\r\nExpect: 100-continue\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
        let new = try head("GET / HTTP/1.1\r\n\(fields)")
        #expect(new.expectsContinue && new.hasExpect && new.upgrades)
        let old = try head("GET / HTTP/1.0\r\n\(fields)")
        #expect(!old.expectsContinue && old.hasExpect && !old.upgrades)
        let other = try head("GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\nUpgrade: x\r\n\r\n")
        #expect(!other.expectsContinue && other.hasExpect && !other.upgrades)
    }

    @Test("An upgrade to HTTP/2 or TLS is not one, and can be left out; all else stays as it is")
    func offersOfHTTP() throws {
        for offer in ["h2c", "x, H2C", "h2c\r\nUpgrade: x", "HTTP/2.0", "TLS/1.2, x", "h2"] {
            let head = try head(
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Y, Upgrade, HTTP2-Settings, close\r\n"
                    + "Upgrade: \(offer)\r\nHTTP2-Settings: AAMAAABk\r\nx-y: 1\r\n\r\n"
            )
            #expect(!head.upgrades, "\(offer)")
            let expected = "GET / HTTP/1.1\r\nHost: a\r\nx-y: 1\r\nConnection: close, X-Y\r\n\r\n"
            #expect(String(decoding: head.withoutOfferOfHTTP.bytes, as: UTF8.self) == expected)
            #expect(!head.withoutOfferOfHTTP.keepsConnection)
        }
        let bare = try head(
            "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\nHost: a\r\n\r\n"
        )
        #expect(
            bare.withoutOfferOfHTTP.bytes == Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        )
        #expect(bare.withoutOfferOfHTTP.host == "a")
        let socket = try head(
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket, h2cx\r\nConnection: upgrade\r\n\r\n"
        )
        #expect(socket.upgrades && socket.withoutOfferOfHTTP == socket)
    }

    @Test("What concerns the connection is known, or named in Connection; but nothing else can be")
    func hopByHop() throws {
        let head = try head(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Y, Host, content-length\r\n"
                + "Connection: transfer-encoding,close\r\n\r\n"
        )
        func isHopByHop(_ name: String) -> Bool {
            let bytes = Array(name.utf8)
            return head.isHopByHop(bytes.span)
        }
        for name in ["Connection", "keep-alive", "TE", "Upgrade", "Proxy-Connection", "x-y"] {
            #expect(isHopByHop(name), "\(name)")
        }
        for name in ["Host", "Content-Length", "Transfer-Encoding", "Trailer", "X", "close"] {
            #expect(!isHopByHop(name), "\(name)")
        }
    }
}
