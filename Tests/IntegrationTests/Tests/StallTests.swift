import Glibc
import Testing

extension IntegrationTests {
    /// Peers that stop reading: what is held for them, and for how long.
    @Suite("Peers that do not read")
    struct StallTests {
        /// Sends without end to whoever has said something.
        private static func source() throws -> ThreadedServer {
            try ThreadedServer { connection in
                _ = try connection.receive()
                let piece = [UInt8](repeating: 3, count: 1 << 20)
                connection.set(deadline: .seconds(60))
                while true { try connection.send(piece) }
            }
        }

        /// Asks for bytes, reads some at full speed and then none.
        private func stalled(
            at route: Route,
            from source: String = "127.0.0.1",
            after byteCount: Int = 16 << 20
        ) throws -> Connection {
            let client = try Connection(to: route.listen, from: source)
            try client.send("?")
            var rest = byteCount
            while rest > 0 {
                guard case .bytes(let bytes) = try client.receive(atMost: min(rest, 1 << 20)) else {
                    throw HarnessError("the download ended early")
                }
                rest -= bytes.count
            }
            return client
        }

        private func held(by route: Route, for server: ThreadedServer) throws -> Int {
            try KernelQueues.heldByteCount(
                listen: route.listen.port,
                backend: server.endpoint.port
            )
        }

        @Test("A download that is not read holds little, however fast it was before")
        func bounded() throws {
            let server = try Self.source()
            let route = try Route(
                try ListenerFile("tcp", to: server.endpoint),
                settings: ["engine: { backendBuffer: 512KiB, unsent: 128KiB }"]
            )
            let clients = try (0..<8).map { _ in try stalled(at: route) }
            var last = 0
            try wait(for: "buffers that do not grow") {
                let before = last
                pause(.milliseconds(200))
                last = try held(by: route, for: server)
                return last > 0 && last == before
            }
            // Twice the backend's buffer at most, and what is unsent, which ends with a whole segment.
            #expect(last / clients.count <= (1 << 20) + (384 << 10), "\(last)")
            #expect(last > 0)
        }

        @Test("A backend that does not read holds little of what a client sends")
        func upload() throws {
            let backend = try Acceptor()
            let listener = try ListenerFile("tcp", to: backend.endpoint)
            let route = try Route(
                listener,
                settings: ["engine: { clientBuffer: 256KiB, unsent: 64KiB }"]
            )
            let client = try Connection(to: route.listen)
            let session = try backend.accept()
            // The backend's limit is set once the connection has lived for a second, and with it its
            // keepalive.
            let port = try #require(session.peer).port
            _ = try wait(for: "the backend's keepalive timer") {
                try KernelTimers.secondsToKeepalive(
                    localPort: port,
                    remotePort: backend.endpoint.port
                )
            }
            pause(.milliseconds(200))
            client.set(deadline: .seconds(1))
            let piece = [UInt8](repeating: 1, count: 1 << 20)
            #expect(throws: SocketError.self) { while true { try client.send(piece) } }
            let held = try KernelQueues.heldByteCount(
                listen: route.listen.port,
                backend: backend.endpoint.port
            )
            #expect(held <= 1 << 20, "\(held)")
            session.close()
        }

        @Test(
            "A client that reads nothing is eventually closed, wherever the bytes are held",
            arguments: [100_000, 32 << 20]
        )
        func clientWriteTimeout(byteCount: Int) throws {
            let backend = try Acceptor()
            let listener = try ListenerFile(
                "tcp",
                to: backend.endpoint,
                settings: ["timeouts: { write: 1s }"]
            )
            let route = try Route(listener)
            let client = try Connection(to: route.listen)
            client.set(SOL_SOCKET, SO_RCVBUF, to: Int32(4_096))
            let session = try backend.accept()
            try client.send("?")
            _ = try session.receive(exactly: 1)
            inThread { try? session.send([UInt8](repeating: 1, count: byteCount)) }
            let line = try route.sluice.accessLine()
            #expect(line.end == "clientWriteTimeout")
            #expect(line.durationMs >= 950)
            #expect(try session.receiveToEnd().bytes.isEmpty)
        }

        @Test("A backend that reads nothing is closed after the write timeout")
        func backendWriteTimeout() throws {
            let backend = try Acceptor()
            let listener = try ListenerFile(
                "tcp",
                to: backend.endpoint,
                settings: ["timeouts: { write: 1s }"]
            )
            let route = try Route(listener)
            let client = try Connection(to: route.listen)
            let session = try backend.accept()
            inThread { try? client.send([UInt8](repeating: 1, count: 32 << 20)) }
            #expect(try route.sluice.accessLine().end == "backendWriteTimeout")
            session.close()
        }

        @Test("A client that pauses for longer than the keepalive time loses nothing")
        func patience() throws {
            let backend = try Acceptor()
            let route = try Route(
                try ListenerFile("tcp", to: backend.endpoint),
                settings: ["keepalive: { idle: 2s, interval: 1s, count: 1 }"]
            )
            let client = try Connection(to: route.listen)
            let session = try backend.accept()
            try client.send("?")
            _ = try session.receive(exactly: 1)
            let answer = [UInt8](repeating: 1, count: 16 << 20)
            inThread {
                try? session.send(answer)
                session.close()
            }
            pause(.seconds(6))
            let (bytes, ending) = try client.receiveToEnd()
            #expect(bytes.count == answer.count)
            #expect(ending == .endOfStream)
            client.close()
            #expect(try route.sluice.accessLine().end == "finished")
        }

        @Test(
            "A source over its budget loses stalled downloads until it is within; others lose none"
        )
        func budget() throws {
            let server = try Self.source()
            let route = try Route(
                try ListenerFile("tcp", to: server.endpoint),
                settings: [
                    "limits: { bufferPerSource: 4MiB }", "engine: { backendBuffer: 512KiB }",
                ]
            )
            let other = try stalled(at: route, from: "127.0.0.2")
            let clients = try (0..<8).map { _ in try stalled(at: route, from: "127.0.0.1") }
            let line = try route.sluice.accessLine()
            #expect(line.end == "bufferLimit")
            #expect(line.clientHost == "127.0.0.1")
            let gauge = try wait(for: "a source within its budget") {
                let metrics = try route.sluice.metrics()
                let held = metrics.samples.first { $0.name == "sluice_buffered_bytes" }?.value ?? 0
                // That of the other source besides.
                return held > 0 && held <= 4 * 1_048_576 + 3 * 1_048_576 ? held : nil
            }
            #expect(gauge > 0)
            let ends = try route.sluice.accessLog().map(\.clientHost)
            #expect(ends.allSatisfy { $0 == "127.0.0.1" })
            #expect(ends.count < clients.count)
            other.close()
        }

        @Test("Bytes held for a session are no longer counted after it ends")
        func released() throws {
            let server = try Self.source()
            let route = try Route(try ListenerFile("tcp", to: server.endpoint))
            let client = try stalled(at: route)
            func gauge() throws -> Double {
                let samples = try route.sluice.metrics().samples
                return samples.first { $0.name == "sluice_buffered_bytes" }?.value ?? -1
            }
            try wait(for: "held bytes") { try gauge() > 0 }
            client.reset()
            _ = try route.sluice.accessLine()
            try wait(for: "none that are held") { try gauge() == 0 }
        }
    }
}
