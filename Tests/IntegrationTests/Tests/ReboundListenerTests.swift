import Testing

extension IntegrationTests {
    /// A reload that changes what a listening socket is bound to, with none that refuses meanwhile.
    @Suite("Listeners that are bound again")
    struct ReboundListenerTests {
        private let port: UInt16
        private let first: ThreadedServer
        private let second: ThreadedServer
        private let kept: ListenerFile

        init() throws {
            port = try Endpoint.free().port
            first = try ThreadedServer.named("first")
            second = try ThreadedServer.named("second")
            kept = try ListenerFile("tcp", to: first.endpoint)
        }

        private func listener(_ host: String, to server: ThreadedServer) throws -> ListenerFile {
            try ListenerFile("tcp", at: Endpoint(host, port), to: server.endpoint)
        }

        private func name(at host: String) throws -> String? {
            let client = try Connection(to: Endpoint(host, port))
            guard case .bytes(let bytes) = try client.receive() else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }

        private func expect(_ names: [String: String?]) throws {
            for (host, expected) in names {
                // A socket that goes takes the clients that wait on it before it closes.
                try wait(for: "\(expected ?? "nobody") at \(host)") {
                    (try? name(at: host)) ?? nil == expected
                }
            }
        }

        @Test("An IPv4 listener next to [::] gets the IPv4 clients while it exists")
        func families() throws {
            let both = try listener("::", to: first)
            let alone = try listener("0.0.0.0", to: second)
            let one = try listener("127.0.0.1", to: second)
            let sluice = try SluiceProcess(GatewayFile(kept, both))
            try expect(["127.0.0.1": "first", "::1": "first"])
            try sluice.reload(to: GatewayFile(kept, both, alone))
            try expect(["127.0.0.1": "second", "::1": "first"])
            try sluice.reload(to: GatewayFile(kept, both))
            try expect(["127.0.0.1": "first", "::1": "first"])
            try sluice.reload(to: GatewayFile(kept, both, one))
            try expect(["127.0.0.1": "second", "127.0.0.2": nil, "::1": "first"])
            try sluice.reload(to: GatewayFile(kept, alone))
            try expect(["127.0.0.1": "second", "127.0.0.2": "second", "::1": nil])
        }

        @Test("An address narrows and widens in one reload")
        func widths() throws {
            let wide = try listener("0.0.0.0", to: first)
            let narrow = try listener("127.0.0.1", to: second)
            let sluice = try SluiceProcess(GatewayFile(kept, wide))
            try expect(["127.0.0.2": "first"])
            try sluice.reload(to: GatewayFile(kept, narrow))
            try expect(["127.0.0.1": "second", "127.0.0.2": nil])
            try sluice.reload(to: GatewayFile(kept, wide))
            try expect(["127.0.0.1": "first", "127.0.0.2": "first"])
        }

        @Test("A bind that fails changes nothing: existing listeners keep listening")
        func failure() throws {
            let squatter = try Acceptor()
            let wide = try listener("0.0.0.0", to: first)
            let narrow = try listener("127.0.0.1", to: second)
            let taken = try ListenerFile("tcp", at: squatter.endpoint, to: first.endpoint)
            let sluice = try SluiceProcess(GatewayFile(kept, wide))
            try sluice.requestReload(
                to: GatewayFile(kept, narrow, taken).text(management: sluice.management)
            )
            try wait(for: "a word on \(squatter.endpoint)") {
                sluice.operatorLog.contains(squatter.endpoint.description)
            }
            try expect(["127.0.0.1": "first", "127.0.0.2": "first"])
        }

        @Test("Afterwards the port is as exclusive as before")
        func exclusive() throws {
            let wide = try listener("0.0.0.0", to: first)
            let narrow = try listener("127.0.0.1", to: second)
            let sluice = try SluiceProcess(GatewayFile(kept, wide))
            try sluice.reload(to: GatewayFile(kept, narrow))
            try expect(["127.0.0.2": nil])
            #expect(throws: SocketError.self) {
                try Acceptor(at: narrow.listen)
            }
        }
    }
}
