import Addresses
import Testing

@testable import Control

@Suite("Where notices may be sent to")
struct ReceiverPolicyTests {
    private func refusal(of address: String, allowed: [String] = []) throws -> String? {
        let policy = ReceiverPolicy(
            allowed: try allowed.map { try CIDRBlock(parsing: $0) },
            isThisMachine: { [own = try IPAddress(parsing: "203.0.113.9")] in $0 == own }
        )
        return policy.refusal(of: try IPAddress(parsing: address))
    }

    @Test(
        "Loopback, link-local, metadata, multicast and own addresses are refused, in every form",
        arguments: [
            "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1",
            "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
            "100.100.100.200", "192.0.0.192", "::", "::1", "fe80::1", "febf::1", "ff02::1",
            "fec0::1", "fd00:ec2::254", "fd20:ce::254",
            // IPv4-mapped and -compatible.
            "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::ffff:0.0.0.0",
            // NAT64, its local-use prefix, 6to4, Teredo, SIIT.
            "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::",
            "2002:a9fe:a9fe::1", "2001:0:1::1", "::ffff:0:127.0.0.1",
            // This machine's.
            "203.0.113.9", "::ffff:203.0.113.9", "64:ff9b::203.0.113.9", "2002:cb00:7109::",
        ]
    )
    func refused(address: String) throws {
        #expect(try refusal(of: address) != nil)
    }

    @Test(
        "Other addresses may be used, private networks included",
        arguments: [
            "203.0.113.7", "10.0.0.5", "192.168.1.1", "172.16.0.1", "2001:db8::1", "fd12:3456::1",
            "64:ff9b::203.0.113.7", "::ffff:203.0.113.7",
        ]
    )
    func usable(address: String) throws {
        #expect(try refusal(of: address) == nil)
    }

    @Test("What is listed may be used, and nothing else than that")
    func allowed() throws {
        #expect(try refusal(of: "127.0.0.1", allowed: ["127.0.0.1/32"]) == nil)
        #expect(try refusal(of: "::ffff:127.0.0.1", allowed: ["127.0.0.1/32"]) == nil)
        #expect(try refusal(of: "127.0.0.2", allowed: ["127.0.0.1/32"]) != nil)
        #expect(try refusal(of: "::1", allowed: ["0.0.0.0/0"]) != nil)
        #expect(try refusal(of: "fe80::1", allowed: ["fe80::/64"]) == nil)
    }

    @Test("The address from which this machine would reach another is one of its own")
    func ownAddresses() throws {
        let policy = ReceiverPolicy(allowed: [])
        #expect(policy.refusal(of: try IPAddress(parsing: "127.0.0.7")) != nil)
    }
}
