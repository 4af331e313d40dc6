import Testing

extension IntegrationTests {
    /// How ends of streams and resets cross the gateway.
    @Suite("Ends and resets")
    struct EndingTests {
        /// A session through a fresh gateway, with both ends in the test's hands.
        private struct Session {
            let backend: Acceptor
            let route: Route
            let client: Connection
            let server: Connection

            init() throws {
                backend = try Acceptor()
                route = try Route(try ListenerFile("tcp", to: backend.endpoint))
                client = try Connection(to: route.listen)
                server = try backend.accept()
                try client.send("?")
                _ = try server.receive(exactly: 1)
                try server.send("!")
                _ = try client.receive(exactly: 1)
            }

            var line: AccessLine { get throws { try route.sluice.accessLine() } }
        }

        @Test("A client's reset reaches the backend as a reset")
        func clientReset() throws {
            let session = try Session()
            session.client.reset()
            #expect(try session.server.receive() == .reset)
            #expect(try session.line.end == "clientReset")
        }

        @Test("A backend's reset reaches the client as a reset")
        func backendReset() throws {
            let session = try Session()
            session.server.reset()
            #expect(try session.client.receive() == .reset)
            #expect(try session.line.end == "backendReset")
        }

        @Test("A MySQL server's reset does not overtake its last packet")
        func lastWords() throws {
            let backend = try Acceptor()
            let route = try Route(
                try ListenerFile("mysql", to: backend.endpoint, settings: ["sendProxyProtocol: v1"])
            )
            for _ in 0..<10 {
                let client = try Connection(to: route.listen)
                let server = try backend.accept()
                // Our header stays unread, so that the server's system sends a reset.
                try wait(for: "our header") { server.isReadable }
                try server.send("greeting, error")
                server.close()
                #expect(try client.receiveText(byteCount: 15) == "greeting, error")
                pause(.milliseconds(20))
                try client.send("a login")
                #expect(try client.receive() == .endOfStream)
            }
            #expect(try route.sluice.accessLines(count: 10).allSatisfy { $0.end == "backendReset" })
        }

        @Test(
            "A MySQL client whose server closes without a message gets an error",
            arguments: [true, false]
        )
        func silentServer(isReset: Bool) throws {
            let backend = try Acceptor()
            let route = try Route(
                try ListenerFile(
                    "mysql",
                    to: backend.endpoint,
                    settings: ["sendProxyProtocol: v1", "reject: error"]
                )
            )
            let client = try Connection(to: route.listen)
            let server = try backend.accept()
            // Before our header comes, a reset could be one of the connect.
            try wait(for: "our header") { server.isReadable }
            if isReset { server.reset() } else { server.finishSending() }
            let words = String(decoding: try client.receiveToEnd().bytes, as: UTF8.self)
            #expect(words.contains("Warehouse unavailable"), "\(words)")
            client.close()
            let line = try route.sluice.accessLine()
            #expect(line.reason == "noBackend")
            let detail = try #require(line.detail)
            #expect(detail.contains("\(backend.endpoint): ") && detail.contains("greeting"))
            #expect(detail.contains("sendProxyProtocol: off"), "\(detail)")
        }

        @Test("A client may end its direction and still read all of the answer")
        func clientHalfClose() throws {
            let session = try Session()
            session.client.finishSending()
            #expect(try session.server.receive() == .endOfStream)
            let answer = [UInt8](repeating: 7, count: 3_000_000)
            inThread { [server = session.server] in
                pause(.milliseconds(200))
                try? server.send(answer)
                server.close()
            }
            let (bytes, ending) = try session.client.receiveToEnd()
            #expect(bytes == answer)
            #expect(ending == .endOfStream)
            #expect(try session.line.end == "finished")
        }

        @Test("A backend may end its direction and still read all of the request")
        func backendHalfClose() throws {
            let session = try Session()
            session.server.finishSending()
            #expect(try session.client.receive() == .endOfStream)
            let request = [UInt8](repeating: 9, count: 3_000_000)
            inThread { [client = session.client] in
                pause(.milliseconds(200))
                try? client.send(request)
                client.close()
            }
            let (bytes, ending) = try session.server.receiveToEnd()
            #expect(bytes == request)
            #expect(ending == .endOfStream)
            session.server.close()
            #expect(try session.line.end == "finished")
        }

        @Test("An end is passed on only after what was sent before it")
        func endAfterBytes() throws {
            let session = try Session()
            let byteCount = 8_000_000
            inThread { [client = session.client] in
                try? client.send([UInt8](repeating: 5, count: byteCount))
                client.close()
            }
            pause(.milliseconds(500))
            let (bytes, ending) = try session.server.receiveToEnd()
            #expect(bytes.count == byteCount)
            #expect(ending == .endOfStream)
            session.server.close()
            #expect(try session.line.bytesIn == UInt64(byteCount) + 1)
        }

        @Test("A reader that stops makes the writer stop, and no memory grow")
        func backpressure() throws {
            let session = try Session()
            let before = try session.route.sluice.anonymousByteCount()
            session.client.set(deadline: .seconds(1))
            var sent = 0
            let chunk = [UInt8](repeating: 1, count: 1 << 20)
            #expect(throws: SocketError.self) {
                while sent < 256 << 20 {
                    try session.client.send(chunk)
                    sent += chunk.count
                }
            }
            #expect(sent < 64 << 20, "\(sent) bytes were taken for nobody")
            #expect(try session.route.sluice.anonymousByteCount() < before + 32 << 20)
        }

        @Test("A client and an HTTP server that wait for each other: the log suspects MySQL")
        func silentHTTPClient() throws {
            let backend = try Acceptor()
            let route = try Route(try ListenerFile("http", to: backend.endpoint))
            for word in ["", "?"] {
                let client = try Connection(to: route.listen)
                let server = try backend.accept()
                if !word.isEmpty {
                    try client.send(word)
                    _ = try server.receive(exactly: 1)
                }
                pause(.milliseconds(1_100))
                client.close()
                #expect(try server.receive() == .endOfStream)
                server.close()
            }
            let details = try route.sluice.accessLines(count: 2).map(\.detail)
            #expect(details[0]?.contains("a MySQL client waits for the server's greeting") == true)
            #expect(details[1] == nil)
        }

        @Test("A client that connects and leaves at once leaves nothing behind")
        func manyShortOnes() throws {
            let echo = try ThreadedServer.echo()
            let route = try Route(
                try ListenerFile("tcp", to: echo.endpoint),
                settings: ["limits: { connectRatePerSource: 0 }"]
            )
            for index in 0..<200 {
                let client = try Connection(to: route.listen)
                if index.isMultiple(of: 2) { client.reset() } else { client.close() }
            }
            _ = try route.sluice.accessLines(count: 200)
            try wait(for: "no session") { try route.sluice.status().activeConnections == 0 }
        }
    }
}
