import Addresses
import Testing

@testable import Traffic

@Suite("Addresses that a backend may have")
struct BackendAddressPolicyTests {
    private func refusal(
        _ address: String,
        named name: String? = "db.internal",
        own: [String] = [],
        isThisMachine: Bool = false
    ) throws -> BackendAddressPolicy.Refusal? {
        let address = try SocketAddress(parsing: address)
        let host = name.map { BackendAddress.Host.name($0) } ?? .ip(address.ip)
        let policy = BackendAddressPolicy(own: try own.map { try SocketAddress(parsing: $0) })
        return policy.refusal(
            of: address,
            for: BackendAddress(host: host, port: address.port)
        ) { _ in isThisMachine }
    }

    @Test(
        "A name must not resolve to addresses that are not meant for clients",
        arguments: [
            ("127.0.0.1:1", .loopback), ("127.8.8.8:1", .loopback), ("[::1]:1", .loopback),
            ("0.0.0.0:1", .unspecified), ("0.1.2.3:1", .unspecified), ("[::]:1", .unspecified),
            ("169.254.169.254:80", .linkLocal), ("169.254.0.1:80", .linkLocal),
            ("[fe80::1]:1", .linkLocal), ("[febf::1]:1", .linkLocal),
            ("224.0.0.1:1", .multicast), ("239.1.1.1:1", .multicast), ("[ff02::1]:1", .multicast),
            ("240.0.0.1:1", .reserved), ("255.255.255.255:1", .reserved),
            ("[fd00:ec2::254]:80", .cloudMetadata), ("[fd20:ce::254]:80", .cloudMetadata),
            ("168.63.129.16:80", .cloudMetadata), ("100.100.100.200:80", .cloudMetadata),
            ("192.0.0.192:80", .cloudMetadata),
            ("[::ffff:127.0.0.1]:1", .loopback), ("[::7f00:1]:1", .loopback),
            ("[64:ff9b::a9fe:a9fe]:80", .linkLocal), ("[2002:7f00:1::1]:1", .loopback),
        ] as [(String, BackendAddressPolicy.Refusal)]
    )
    func refused(address: String, expected: BackendAddressPolicy.Refusal) throws {
        #expect(try refusal(address) == expected)
        #expect(try refusal(address, named: nil) == nil, "as it is written, it is meant")
    }

    @Test(
        "It may resolve to all others",
        arguments: [
            "10.0.0.5:9030", "192.168.1.1:1", "172.16.0.1:1", "100.64.0.1:1", "198.51.100.1:1",
            "168.63.129.17:80", "126.255.255.255:1", "128.0.0.1:1", "169.253.0.1:1",
            "223.255.255.255:1", "[fd00::1]:1", "[2001:db8::1]:1", "[fec0::1]:1",
            "[64:ff9b::a00:5]:1", "[2002:a00:5::1]:1",
        ]
    )
    func used(address: String) throws {
        #expect(try refusal(address) == nil)
    }

    @Test(
        "The name localhost is a loopback address written in letters, and nothing else",
        arguments: ["localhost", "LOCALHOST", "localhost."]
    )
    func localhost(name: String) throws {
        #expect(try refusal("127.0.0.1:1", named: name) == nil)
        #expect(try refusal("[::1]:1", named: name) == nil)
        #expect(try refusal("169.254.169.254:1", named: name) == .linkLocal)
        #expect(try refusal("127.0.0.1:1", named: "x.\(name)") == .loopback)
    }

    @Test("Neither a name nor an address may refer to the gateway itself")
    func itself() throws {
        let own = ["192.0.2.1:9030", "127.0.0.1:7080"]
        for name in ["gw.internal", nil] {
            let refusal = try refusal("192.0.2.1:9030", named: name, own: own)
            #expect(refusal == .ownAddress(try SocketAddress(parsing: "192.0.2.1:9030")))
            #expect(try self.refusal("192.0.2.1:9031", named: name, own: own) == nil)
            #expect(try self.refusal("192.0.2.2:9030", named: name, own: own) == nil)
        }
        let management = try refusal("127.0.0.1:7080", named: "localhost", own: own)
        #expect(management == .ownAddress(try SocketAddress(parsing: "127.0.0.1:7080")))
        #expect(try refusal("0.0.0.0:7080", named: nil, own: own) != nil, "it leads to loopback")
        #expect(try refusal("[::ffff:192.0.2.1]:9030", named: nil, own: own) != nil)
        #expect(try refusal("[::ffff:0.0.0.0]:7080", named: nil, own: own) != nil)
    }

    @Test(
        "A listener on every address has the port on each of this machine's",
        arguments: [
            ("0.0.0.0:9030", "192.0.2.1:9030", true), ("[::]:9030", "192.0.2.1:9030", true),
            ("[::]:9030", "[2001:db8::1]:9030", true), ("0.0.0.0:9030", "0.0.0.0:9030", true),
            ("0.0.0.0:9030", "[2001:db8::1]:9030", false), ("[::]:9030", "0.0.0.0:9030", true),
            ("0.0.0.0:9031", "192.0.2.1:9030", false),
            ("0.0.0.0:9030", "[::ffff:192.0.2.1]:9030", true),
            ("[::ffff:0.0.0.0]:9030", "192.0.2.1:9030", true),
        ]
    )
    func everyAddress(own: String, backend: String, isRefused: Bool) throws {
        let refusal = try refusal(backend, named: nil, own: [own], isThisMachine: true)
        #expect((refusal != nil) == isRefused)
        if !backend.contains("0.0.0.0") {
            #expect(try self.refusal(backend, named: nil, own: [own]) == nil, "another machine")
        }
    }
}
