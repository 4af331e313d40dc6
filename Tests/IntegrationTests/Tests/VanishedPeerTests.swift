import Testing

extension IntegrationTests {
    /// Machines that are gone without a word, as after a power cut.
    @Suite("Peers that vanish", .onlyWithNetworks)
    struct VanishedPeerTests {
        /// A peer counts as dead after 1 s + 2 × 1 s.
        private let settings = ["keepalive: { idle: 1s, interval: 1s, count: 2 }"]
        private let site: DroppedLinkSite

        init() throws {
            site = try DroppedLinkSite()
        }

        @Test("A client that vanishes with bytes on their way is noticed as soon as a quiet one")
        func client() throws {
            let session = try site.session(settings: settings)
            try site.pullClientsCable()
            try session.server.send("for nobody")
            #expect(try session.sluice.accessLine().end == "clientUnreachable")
            #expect(try session.server.receive() == .reset)
        }

        @Test("A backend that vanishes with bytes on their way is noticed as soon as a quiet one")
        func backend() throws {
            let session = try site.session(settings: settings)
            // The backend's options are set once the connection has lived for a second.
            pause(.seconds(3))
            try site.pullBackendsCable()
            try session.client.send("for nobody")
            #expect(try session.sluice.accessLine().end == "backendUnreachable")
            #expect(try session.client.receive() == .reset)
        }

        @Test("A quiet client that vanishes is noticed by keepalive")
        func quiet() throws {
            let session = try site.session(settings: settings)
            try site.pullClientsCable()
            #expect(try session.sluice.accessLine().end == "clientUnreachable")
        }
    }
}
