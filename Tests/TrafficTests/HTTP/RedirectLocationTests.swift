import SeededRandom
import Testing
import Traffic

@Suite("The Location of a redirect")
struct RedirectLocationTests {
    private static let base = RedirectTarget(host: "fe-1", port: 8030, usesTLS: false)

    /// What a Location is read as.
    struct Reading: CustomTestStringConvertible, Sendable {
        let text: String
        var scheme = RedirectLocation.Scheme.http
        let host: String
        let port: UInt16
        let target: String
        var user: String?
        var password: String?

        init(
            _ text: String,
            _ host: String,
            _ port: UInt16,
            _ target: String,
            https: Bool = false,
            user: String? = nil,
            password: String? = nil
        ) {
            self.text = text
            scheme = https ? .https : .http
            self.host = host
            self.port = port
            self.target = target
            self.user = user
            self.password = password
        }

        var testDescription: String { text }
    }

    private static let load = "/api/db/t/_stream_load"

    private static let readings = [
        // Doris before 3.1: user-info as java.net.URI encodes it, and a bare question mark.
        Reading(
            "http://root:p%40ss@10.0.0.7:8040\(load)?",
            "10.0.0.7",
            8040,
            load + "?",
            user: "root",
            password: "p@ss"
        ),
        Reading(
            "http://root:@be-1:8040\(load)?",
            "be-1",
            8040,
            load + "?",
            user: "root",
            password: ""
        ),
        Reading("http://root@be-1:8040/", "be-1", 8040, "/", user: "root", password: ""),
        Reading("http://@be-1:8040/", "be-1", 8040, "/"),
        // A colon is allowed in a user-info: the password has the rest.
        Reading("http://u:a:b:c@h:1/", "h", 1, "/", user: "u", password: "a:b:c"),
        Reading(
            "http://u:%25%2F%3F%23%5B%5D%20%22%C3%A9@h:1/",
            "h",
            1,
            "/",
            user: "u",
            password: "%/?#[] \"é"
        ),
        Reading(
            "http://u:!$&'()*+,;=~._-@h:1/",
            "h",
            1,
            "/",
            user: "u",
            password: "!$&'()*+,;=~._-"
        ),
        Reading("http://a%40b:x@h:1/", "h", 1, "/", user: "a@b", password: "x"),
        // The newest Doris: path and query byte for byte.
        Reading(
            "http://be-1:8040/api/d%20b/%74/_stream_load?a=1&b=%2f",
            "be-1",
            8040,
            "/api/d%20b/%74/_stream_load?a=1&b=%2f"
        ),
        Reading(
            "http://be-1:8040/api/db/t/_stream_load_forward?forward_to=be-2:8040&x=?/",
            "be-1",
            8040,
            "/api/db/t/_stream_load_forward?forward_to=be-2:8040&x=?/"
        ),
        Reading("http://be-1:8040/api/库/t/_stream_load", "be-1", 8040, "/api/库/t/_stream_load"),
        // A front end with enable_https, and one whose redirect policy gives the request's own host.
        Reading(
            "https://warehouse.example.com:8050\(load)?",
            "warehouse.example.com",
            8050,
            load + "?",
            https: true
        ),
        Reading("http://warehouse.example.com:30040\(load)", "warehouse.example.com", 30040, load),
        // StarRocks: no user-info; to a compute node, and to the leader.
        Reading(
            "http://starrocks-cn-0.starrocks-cn-search.ns.svc.cluster.local:8040\(load)",
            "starrocks-cn-0.starrocks-cn-search.ns.svc.cluster.local",
            8040,
            load
        ),
        Reading(
            "http://10.0.0.2:8030/api/transaction/load?x",
            "10.0.0.2",
            8030,
            "/api/transaction/load?x"
        ),
        Reading("http://[2001:DB8::1]:8040\(load)", "2001:db8::1", 8040, load),
        Reading("http://[2001:db8:0:0::1]/", "2001:db8::1", 80, "/"),
        Reading("http://u:p@[::1]:8040/x", "::1", 8040, "/x", user: "u", password: "p"),
        // What RFC 3986 allows in addition.
        Reading("HTTP://BE-1.Example.COM:8040/X?Y", "be-1.example.com", 8040, "/X?Y"),
        Reading("hTTps://h/", "h", 443, "/", https: true),
        Reading("http://h", "h", 80, "/"),
        Reading("http://h?", "h", 80, "/?"),
        Reading("http://h?a=b", "h", 80, "/?a=b"),
        Reading("http://h#f", "h", 80, "/"),
        Reading("http://h:81#f", "h", 81, "/"),
        Reading("http://h/a?b#c?d/e", "h", 80, "/a?b"),
        Reading("http://h./", "h", 80, "/"),
        Reading("http://be_1:8040/", "be_1", 8040, "/"),
        Reading("http://h/?a=\\d", "h", 80, "/?a=\\d"),
        Reading("http://h:65535//a/../b;c", "h", 65535, "//a/../b;c"),
        // The @ is not in the authority.
        Reading("http://h/a@b", "h", 80, "/a@b"),
        Reading("http://h?x@y:z", "h", 80, "/?x@y:z"),
        Reading("http://h#@evil", "h", 80, "/"),
        // The same server.
        Reading("/", "fe-1", 8030, "/"),
        Reading("/api/x?y#z", "fe-1", 8030, "/api/x?y"),
        Reading("//be-1:8040/x", "be-1", 8040, "/x"),
        Reading("//be-1/x", "be-1", 80, "/x"),
        // Not addresses, but names, which no list has.
        Reading("http://2130706433/", "2130706433", 80, "/"),
        Reading("http://0177.0.0.1/", "0177.0.0.1", 80, "/"),
        Reading("http://0x7f.1/", "0x7f.1", 80, "/"),
        Reading("http://127.1/", "127.1", 80, "/"),
        Reading("http://1.2.3.4.5/", "1.2.3.4.5", 80, "/"),
    ]

    @Test("What front ends send is read", arguments: readings)
    func read(reading: Reading) throws {
        let location = try RedirectLocation(reading.text, relativeTo: Self.base)
        #expect(location.scheme == reading.scheme)
        #expect(location.host == reading.host)
        #expect(location.port == reading.port)
        #expect(location.target == reading.target)
        #expect(location.userInfo?.user == reading.user)
        #expect(location.userInfo?.password == reading.password)
    }

    private static let errors: [(String, RedirectError)] = [
        ("", .badLength(byteCount: 0)),
        ("http://h/" + String(repeating: "a", count: 16_376), .badLength(byteCount: 16_385)),
        ("http://h/\r\nSet-Cookie: a=b", .badCharacter(13)),
        ("http://h/\n", .badCharacter(10)),
        ("http://h/\t", .badCharacter(9)),
        ("http://h/\0", .badCharacter(0)),
        ("http://h/a b", .badCharacter(32)),
        (" http://h/", .badCharacter(32)),
        ("http://h/\u{7f}", .badCharacter(127)),
        ("http://u\r:p@h/", .badCharacter(13)),
        ("ftp://h/", .unsupportedScheme),
        ("file:///etc/passwd", .unsupportedScheme),
        ("gopher://h:6379/_", .unsupportedScheme),
        ("javascript:alert(1)", .unsupportedScheme),
        ("httpx://h/", .unsupportedScheme),
        ("://h/", .unsupportedScheme),
        ("be-1:8040/x", .unsupportedScheme),
        ("http:", .missingAuthority),
        ("http:h", .missingAuthority),
        ("http:/x", .missingAuthority),
        ("http:?x", .missingAuthority),
        ("http://", .emptyHost),
        ("http:///", .emptyHost),
        ("http:///x", .emptyHost),
        ("http://:80/", .emptyHost),
        ("http://u:p@/", .emptyHost),
        ("http://u:p@:80/", .emptyHost),
        ("///x", .emptyHost),
        ("//", .emptyHost),
        ("http://.:80/", .badHost),
        ("http://a..b/", .badHost),
        ("http://.a/", .badHost),
        ("http://a../", .badHost),
        ("http://a%62/", .badHost),
        ("http://127.0.0.1%2f.example/", .badHost),
        ("http://h%00.example/", .badHost),
        ("http://é/", .badHost),
        ("http://a,b/", .badHost),
        ("http://a;b/", .badHost),
        ("http://a'b/", .badHost),
        ("http://a|b/", .badHost),
        ("http://\(String(repeating: "a", count: 254))/", .badHost),
        ("http://[::1/", .badHost),
        ("http://[::1]x/", .badHost),
        ("http://[::1%25eth0]/", .badHost),
        ("http://[fe80::1%eth0]/", .badHost),
        ("http://[127.0.0.1]/", .badHost),
        ("http://[v1.x]/", .badHost),
        ("http://[]/", .badHost),
        ("http://]/", .badHost),
        ("http://h:/", .badPort),
        ("http://h:0/", .badPort),
        ("http://h:65536/", .badPort),
        ("http://h:99999999999999999999/", .badPort),
        ("http://h:080/", .badPort),
        ("http://h:+80/", .badPort),
        ("http://h:-1/", .badPort),
        ("http://h:0x50/", .badPort),
        ("http://h:80a/", .badPort),
        ("http://h:80:81/", .badPort),
        ("http://::1/", .emptyHost),
        ("http://2001:db8::1/", .badPort),
        ("http://[::1]:/", .badPort),
        ("http://a@b@c/", .ambiguousUserInfo),
        ("http://u:p@ss@10.0.0.7:8040/", .ambiguousUserInfo),
        ("http://@@h/", .ambiguousUserInfo),
        ("http://u:%zz@h/", .badUserInfo),
        ("http://u:%4@h/", .badUserInfo),
        ("http://u:%@h/", .badUserInfo),
        ("http://u:%0d%0aX@h/", .badUserInfo),
        ("http://u:%00@h/", .badUserInfo),
        ("http://u:%ff@h/", .badUserInfo),
        ("http://u%3Aadmin:x@h/", .badUserInfo),
        ("http://h\\@evil/", .backslash),
        ("http:\\\\h/", .backslash),
        ("/\\evil/", .backslash),
        ("http://h/a\\..\\b", .backslash),
        ("api/x", .relativePath),
        ("?x", .relativePath),
        ("#x", .relativePath),
        (".", .relativePath),
        ("h", .relativePath),
    ]

    @Test("What could be understood in two ways is refused", arguments: errors)
    func refused(text: String, error: RedirectError) {
        #expect(throws: error) { try RedirectLocation(text, relativeTo: Self.base) }
    }

    @Test("A path of the same server keeps its scheme")
    func relative() throws {
        let base = RedirectTarget(host: "fe-1", port: 8050, usesTLS: true)
        #expect(try RedirectLocation("/x", relativeTo: base).server == base)
        #expect(try RedirectLocation("//h/x", relativeTo: base).port == 443)
    }

    @Test("No description holds a user, a password or a query")
    func descriptions() throws {
        let text = "http://secretUser:secretWord@be-1:8040/secretPath?secretToken#secretFragment"
        let location = try RedirectLocation(text, relativeTo: Self.base)
        #expect(location.description == "http://be-1:8040")
        var dumped = ""
        dump(location, to: &dumped)
        dump(location.userInfo, to: &dumped)
        let all =
            "\(location) \(location.userInfo as Any) \(String(reflecting: location)) " + dumped
        #expect(!all.contains("secret"))
    }

    @Test("A server is written as in a Host field")
    func authorities() {
        #expect(RedirectTarget(host: "h", port: 80, usesTLS: false).authority == "h")
        #expect(RedirectTarget(host: "h", port: 80, usesTLS: true).authority == "h:80")
        #expect(RedirectTarget(host: "h", port: 443, usesTLS: true).authority == "h")
        #expect(RedirectTarget(host: "::1", port: 80, usesTLS: false).authority == "[::1]")
        #expect(RedirectTarget(host: "::1", port: 81, usesTLS: false).authority == "[::1]:81")
        #expect(RedirectTarget(host: "BE-1.", port: 1, usesTLS: false).description == "be-1:1")
    }

    @Test("Bytes of any kind are read or refused", arguments: SeededGenerator.seeds)
    func anything(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "http", "https", ":", "/", "//", "@", "?", "#", "[", "]", "%", "%4", "%41", "%00", "\\",
            "\r", " ", "é", "h", "be-1", ".", "..", "8040", "0", "65536", "::1", "127.0.0.1",
            "u:p@",
        ]
        for _ in 0..<3_000 {
            let count = Int.random(in: 0..<12, using: &random)
            let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            // `try?`: what is refused is of no further interest.
            guard let location = try? RedirectLocation(text, relativeTo: Self.base) else {
                continue
            }
            #expect(location.target.utf8.first == UInt8(ascii: "/"))
            #expect(location.port > 0)
            #expect(!location.host.isEmpty)
            #expect(location.host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x40 })
            #expect(location.target.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != 0x23 })
            // Written again, it is the same.
            let again = "\(location.scheme.rawValue)://\(location.server)\(location.target)"
            let read = try? RedirectLocation(again, relativeTo: Self.base)
            #expect(read?.server == location.server)
            #expect(read?.target == location.target)
        }
    }
}
