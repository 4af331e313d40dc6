import Addresses
import Testing

@testable import Control

@Suite("Whose address counts: the peer's, or the one that a trusted proxy forwards")
struct ClientAddressTests {
    private let proxies: [CIDRBlock]

    init() throws {
        proxies = try ["10.0.0.0/24", "2001:db8:1::/64"].map { try CIDRBlock(parsing: $0) }
    }

    private func client(
        _ peer: String,
        _ forwardedFor: [String] = [],
        forwarded: [String] = []
    ) throws -> ClientAddress {
        ClientAddress(
            peer: try IPAddress(parsing: peer),
            ForwardingFields(forwardedFor: forwardedFor, forwarded: forwarded),
            trusting: proxies
        )
    }

    private func known(_ text: String) throws -> ClientAddress {
        .known(try IPAddress(parsing: text))
    }

    @Test("Without trust, the peer counts, whatever its fields claim")
    func untrusted() throws {
        #expect(
            try client("203.0.113.7", ["198.51.100.1"], forwarded: ["for=198.51.100.1"])
                == known("203.0.113.7")
        )
        #expect(try client("::ffff:203.0.113.7", ["198.51.100.1"]) == known("203.0.113.7"))
        #expect(try client("10.0.1.1", ["198.51.100.1"]) == known("10.0.1.1"))
        #expect(ClientAddress(peer: nil, ForwardingFields(), trusting: proxies) == .none)
    }

    @Test("A trusted proxy's last untrusted address counts; what is left of it is not looked at")
    func forwardedFor() throws {
        for line in [
            "203.0.113.7", " 203.0.113.7\t", "198.51.100.1, 203.0.113.7", "garbage,,203.0.113.7",
            "127.0.0.1, ::1, 203.0.113.7, 10.0.0.9", "203.0.113.7:50123", "\"'\u{301}, 203.0.113.7",
            "for=\"x, 203.0.113.7", "203.0.113.7, 2001:db8:1::9", "::ffff:203.0.113.7",
            "[::ffff:203.0.113.7]:443, ::ffff:10.0.0.2",
        ] {
            #expect(try client("10.0.0.2", [line]) == known("203.0.113.7"), "\(line)")
            #expect(try client("::ffff:10.0.0.2", [line]) == known("203.0.113.7"), "\(line)")
        }
        #expect(try client("10.0.0.2", ["6.6.6.6", "203.0.113.7"]) == known("203.0.113.7"))
        #expect(try client("10.0.0.2", ["203.0.113.7", "10.0.0.3"]) == known("203.0.113.7"))
        for line in ["2001:db8::7", "[2001:db8::7]", "[2001:db8::7]:443"] {
            #expect(try client("10.0.0.2", [line]) == known("2001:db8::7"), "\(line)")
        }
    }

    @Test("Forwarded is read in the same way")
    func forwarded() throws {
        for line in [
            "for=203.0.113.7", "For=203.0.113.7;proto=https;by=10.0.0.2", "for=\"203.0.113.7:80\"",
            "for=6.6.6.6, proto=http;for=203.0.113.7", "for=\"6.6.6.6, for=203.0.113.7",
            "for=203.0.113.7 ; host=example.com, for=10.0.0.4",
        ] {
            #expect(try client("10.0.0.2", forwarded: [line]) == known("203.0.113.7"), "\(line)")
        }
        #expect(
            try client("10.0.0.2", forwarded: ["for=\"[2001:db8::7]:4711\""])
                == known("2001:db8::7")
        )
    }

    @Test(
        "What a client could have forged, or nobody can read, names no address",
        arguments: [
            "", " ", ",", "203.0.113.7,", "203.0.113.7, unknown", "203.0.113.7, _hidden",
            "203.0.113",
            "203.0.113.7:", "203.0.113.7:99999", "203.0.113.7:+1", "203.0.113.7:1:2",
            "[203.0.113.7]",
            "[2001:db8::7", "2001:db8::7]", "[2001:db8::7]x", "[2001:db8::7]:", "fe80::1%eth0",
            "0x7f.1", "203.0.113.07", "203.0.113.7/32", "２０３.0.113.7", "203.0.113.7\u{301}",
            "203.0.113.7 198.51.100.1", "203.0.113.7;198.51.100.1", "example.com",
            String(repeating: "1", count: 10_000),
        ]
    )
    func malformed(_ line: String) throws {
        guard case .hidden(let proxy, .malformed) = try client("10.0.0.2", [line]) else {
            Issue.record("\(line)")
            return
        }
        #expect(try proxy == IPAddress(parsing: "10.0.0.2"))
    }

    @Test(
        "Nor does a Forwarded that is not what its grammar and we expect",
        arguments: [
            "", "203.0.113.7", "for", "for=", "for=203.0.113.7;for=198.51.100.1", "proto=https",
            "for=unknown", "for=_secret", "for=\"_x\"", "for=203.0.113.7:80", "for=2001:db8::7",
            "for=\"2001:db8::7\"", "for=[2001:db8::7]", "for=\"203.0.113.7", "for=203.0.113.7\"",
            "for=\"\"", "for=\"203.0.113.7\\\"", "for=203.0.113.7;", "for=203.0.113.7;;proto=x",
            "for=203.0.113.7;host=\"a,b\"", "for=6.6.6.6, for=203.0.113.7;host=\"x, for=\"",
            "for = 203.0.113.7", "f\u{f6}r=203.0.113.7", "for=\" 203.0.113.7\"",
        ]
    )
    func malformedForwarded(_ line: String) throws {
        guard case .hidden(_, .malformed) = try client("10.0.0.2", forwarded: [line]) else {
            Issue.record("\(line)")
            return
        }
    }

    @Test("A proxy that names nobody but proxies, or two clients, names none")
    func hidden() throws {
        let proxy = try IPAddress(parsing: "10.0.0.2")
        #expect(try client("10.0.0.2") == .hidden(by: proxy, .missing))
        #expect(try client("10.0.0.2", ["10.0.0.3, 10.0.0.4"]) == .hidden(by: proxy, .onlyProxies))
        #expect(
            try client("10.0.0.2", ["203.0.113.7"], forwarded: ["for=198.51.100.1"])
                == .hidden(by: proxy, .contradictory)
        )
        #expect(
            try client("10.0.0.2", ["203.0.113.7"], forwarded: ["for=203.0.113.7"])
                == known("203.0.113.7")
        )
        guard
            case .hidden(_, .malformed) = try client(
                "10.0.0.2",
                ["203.0.113.7"],
                forwarded: ["for=unknown"]
            )
        else {
            Issue.record("a malformed Forwarded beside X-Forwarded-For")
            return
        }
    }

    @Test("A lease is for an address that a client of the network can have")
    func leasable() throws {
        for text in ["203.0.113.7", "2001:db8::7", "192.168.1.5", "10.0.1.1"] {
            #expect(try client(text).leasable(trusting: proxies) == IPAddress(parsing: text))
        }
        for text in [
            "127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::", "0.1.2.3",
            "224.0.0.1", "255.255.255.255", "ff02::1", "fe80::1", "169.254.169.254", "10.0.0.2",
            "2001:db8:1::1",
        ] {
            #expect(throws: RequestError.self, "\(text)") {
                try client(text).leasable(trusting: proxies)
            }
            #expect(throws: RequestError.self, "forwarded \(text)") {
                try client("10.0.0.2", [text]).leasable(trusting: proxies)
            }
        }
        #expect(throws: RequestError.self) { try ClientAddress.none.leasable(trusting: []) }
    }
}
