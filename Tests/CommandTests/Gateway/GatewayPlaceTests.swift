import Addresses
import Control
import Settings
import Testing

@testable import sluice

@Suite("How a command finds its gateway")
struct GatewayPlaceTests {
    private static let contexts: GatewayContexts = {
        var contexts = GatewayContexts()
        contexts.contexts = [
            GatewayContext(name: "local", socket: "/run/x.sock"),
            GatewayContext(name: "production", management: "10.0.0.1:7080", key: "sk-p"),
            GatewayContext(name: "staging", management: "10.0.0.2:7080"),
        ]
        return contexts
    }()

    private func place(
        _ environment: [String: String] = [:],
        current: String? = nil,
        hasSocket: Bool = false,
        management: String? = "127.0.0.1:7081"
    ) -> GatewayPlace {
        GatewayPlace(
            environment: environment,
            user: 0,
            isUsable: { _, _ in hasSocket },
            contexts: {
                var contexts = Self.contexts
                contexts.current = current
                return contexts
            },
            // `try?`: the tests' own addresses are valid.
            topology: { _ in
                Topology(
                    management: management.flatMap { try? SocketAddress(parsing: $0) },
                    warehouses: []
                )
            }
        )
    }

    private func tcp(_ address: String, key: String? = nil) throws -> ManagementTarget {
        ManagementTarget(try ManagementAddress(parsing: address), key: key)
    }

    @Test("Without anything it is the standard address, with the environment's key")
    func standard() throws {
        #expect(try place().target(nil) == tcp("127.0.0.1:7080"))
        let environment = ["SLUICE_API_KEY": "sk-e"]
        #expect(try place(environment).target(nil) == tcp("127.0.0.1:7080", key: "sk-e"))
        #expect(try place(["SLUICE_API_KEY": ""]).target(nil) == tcp("127.0.0.1:7080"))
    }

    @Test("A gateway on this machine is reached through its socket first, others are not")
    func socketFirst() throws {
        let expected = ManagementTarget(
            socket: "/run/sluice/127.0.0.1-7080.sock",
            orElse: .standard
        )
        #expect(try place(hasSocket: true).target(nil) == expected)
        let other = try ManagementAddress(parsing: "192.0.2.2:7080")
        let socket = ManagementTarget(socket: "/run/sluice/192.0.2.2-7080.sock", orElse: other)
        #expect(try place(hasSocket: true).target(.management(other)) == socket)
        #expect(try place().target(.management(other)) == tcp("192.0.2.2:7080"))
        let name = try ManagementAddress(parsing: "gateway.internal:7080")
        #expect(
            try place(hasSocket: true).target(.management(name)) == tcp("gateway.internal:7080")
        )
    }

    @Test("A key that is given is used, at the address")
    func keyFirst() throws {
        let environment = ["SLUICE_API_KEY": "sk-e", "SLUICE_MANAGEMENT": "localhost:7080"]
        let place = place(environment, hasSocket: true)
        #expect(try place.target(nil) == tcp("localhost:7080", key: "sk-e"))
        #expect(try place.target(.context("production")) == tcp("10.0.0.1:7080", key: "sk-p"))
    }

    @Test(
        "A configuration file means its gateway's socket, wherever that listens, even with a key",
        arguments: ["127.0.0.1:7081", "192.0.2.2:18520", "0.0.0.0:7081"]
    )
    func socketOfConfiguration(management: String) throws {
        let place = place(["SLUICE_API_KEY": "sk-e"], hasSocket: true, management: management)
        // Beyond loopback, a gateway uses TLS.
        let scheme = management.hasPrefix("0.0.0.0") ? "https://" : ""
        let reached = management.replacing("0.0.0.0", with: "127.0.0.1")
        let expected = ManagementTarget(
            socket: "/run/sluice/\(reached.replacing(":", with: "-")).sock",
            orElse: try ManagementAddress(parsing: scheme + reached),
            key: "sk-e"
        )
        #expect(try place.target(.configuration(file: "sluice.yaml")) == expected)
    }

    @Test("An option outranks SLUICE_MANAGEMENT, that SLUICE_CONTEXT, and that the current context")
    func order() throws {
        var environment = ["SLUICE_CONTEXT": "staging"]
        #expect(try place(current: "production").target(nil) == tcp("10.0.0.1:7080", key: "sk-p"))
        #expect(try place(environment, current: "production").target(nil) == tcp("10.0.0.2:7080"))
        environment["SLUICE_MANAGEMENT"] = "10.0.0.3:7080"
        let place = place(environment, current: "production")
        #expect(try place.target(nil) == tcp("10.0.0.3:7080"))
        #expect(try place.target(.socket("a.sock")) == ManagementTarget(socket: "a.sock"))
        #expect(try place.target(.context("local")) == ManagementTarget(socket: "/run/x.sock"))
    }

    @Test("A context's own key outranks the environment's")
    func keys() throws {
        let place = place(["SLUICE_API_KEY": "sk-e"])
        #expect(try place.target(.context("production")) == tcp("10.0.0.1:7080", key: "sk-p"))
        #expect(try place.target(.context("staging")) == tcp("10.0.0.2:7080", key: "sk-e"))
    }

    @Test("A configuration file names its gateway's address")
    func configuration() throws {
        let choice = GatewayPlace.Choice.configuration(file: "sluice.yaml")
        #expect(try place().target(choice) == tcp("127.0.0.1:7081"))
        let remote = place(["SLUICE_API_KEY": "sk-e"], management: "192.0.2.2:18520")
        #expect(try remote.target(choice) == tcp("192.0.2.2:18520", key: "sk-e"))
        #expect {
            try place(management: nil).target(choice)
        } throws: { error in
            (error as? CommandFailure)?.message.contains("no management.listen") == true
        }
    }

    @Test("--ca outranks a context's pin, that SLUICE_CA, and that the system's authorities")
    func trust() throws {
        let fingerprint = "SHA256:" + Array(repeating: "AB", count: 32).joined(separator: ":")
        let pinned = ManagementTrust.pinned(
            try #require(CertificateFingerprint(parsing: fingerprint))
        )
        let found = { (environment: [String: String], authorities: String?, context: String) in
            var place = place(environment)
            place.authorities = authorities
            place.contexts = {
                var contexts = Self.contexts
                contexts.contexts[1].fingerprint = fingerprint
                return contexts
            }
            return try place.target(.context(context)).trust
        }
        #expect(try found([:], nil, "staging") == .system)
        #expect(try found(["SLUICE_CA": "e.pem"], nil, "staging") == .authorities(file: "e.pem"))
        #expect(try found(["SLUICE_CA": "e.pem"], nil, "production") == pinned)
        #expect(try found([:], "o.pem", "production") == .authorities(file: "o.pem"))
    }

    @Test("A context with an invalid fingerprint is an error, not one without a pin")
    func invalidFingerprint() {
        var place = place()
        place.contexts = {
            var contexts = Self.contexts
            contexts.contexts[1].fingerprint = "SHA256:AB"
            return contexts
        }
        #expect {
            try place.target(.context("production"))
        } throws: { error in
            (error as? CommandFailure)?.message.contains("context trust production") == true
        }
    }

    @Test("An address is used with the login and the trust of its context; a key comes first")
    func login() throws {
        let fingerprint = "SHA256:" + Array(repeating: "AB", count: 32).joined(separator: ":")
        let found = { (environment: [String: String], address: String?) in
            var place = place(environment, hasSocket: true)
            place.contexts = {
                var contexts = Self.contexts
                contexts.contexts[2].login = GatewayLogin(account: "anna", token: "ss-1")
                contexts.contexts[2].fingerprint = fingerprint
                contexts.contexts.append(
                    GatewayContext(
                        name: "here",
                        management: "127.0.0.1:7080",
                        login: GatewayLogin(account: "anna", token: "ss-2")
                    )
                )
                return contexts
            }
            let choice = try address.map {
                GatewayPlace.Choice.management(try ManagementAddress(parsing: $0))
            }
            return try place.target(choice)
        }
        let pinned = ManagementTrust.pinned(
            try #require(CertificateFingerprint(parsing: fingerprint))
        )
        let expected = try tcp("https://10.0.0.2:7080", key: "ss-1").trusting(by: pinned)
        #expect(try found([:], "https://10.0.0.2:7080") == expected)
        let named = try found(["SLUICE_MANAGEMENT": "10.0.0.2:7080"], nil)
        #expect(try named == tcp("10.0.0.2:7080", key: "ss-1").trusting(by: pinned))
        #expect(try found([:], nil) == tcp("127.0.0.1:7080", key: "ss-2"))
        let keyed = try found(["SLUICE_API_KEY": "sk-e"], "10.0.0.2:7080")
        #expect(try keyed == tcp("10.0.0.2:7080", key: "sk-e").trusting(by: pinned))
        // The key of a context is for who names it.
        let other = ManagementTarget(
            socket: "/run/sluice/10.0.0.1-7080.sock",
            orElse: try ManagementAddress(parsing: "10.0.0.1:7080")
        )
        #expect(try found([:], "10.0.0.1:7080") == other)
    }

    @Test("A gateway is named by the environment or by a current context")
    func unnamed() {
        #expect(place().isUnnamed && place(["SLUICE_API_KEY": "sk-e"]).isUnnamed)
        #expect(!place(["SLUICE_CONTEXT": "staging"]).isUnnamed)
        #expect(!place(current: "staging").isUnnamed)
    }

    @Test("An unknown context has a suggestion, an invalid variable is a usage error")
    func errors() {
        #expect {
            try place().target(.context("stagin"))
        } throws: { error in
            (error as? CommandFailure)?.message.contains("did you mean staging?") == true
        }
        #expect {
            try place(["SLUICE_MANAGEMENT": "7080"]).target(nil)
        } throws: { error in
            (error as? CommandFailure)?.code == GatewayExit.usage
        }
    }
}
