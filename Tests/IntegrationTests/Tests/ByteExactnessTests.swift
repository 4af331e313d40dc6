import Dispatch
import Synchronization
import Testing

extension IntegrationTests {
    /// Random data in both directions of many connections at once.
    @Suite("Byte exactness")
    struct ByteExactness {
        private static let streamCount = 200

        /// What goes up and down one connection; its number crosses first, so that the backend
        /// knows which streams to expect and to send.
        private struct Exchange: Sendable {
            var number: Int
            var up: RandomStream
            var down: RandomStream

            init(number: Int) {
                self.number = number
                up = RandomStream(offset: number * 4_001, byteCount: Self.byteCount(of: number))
                down = RandomStream(
                    offset: number * 7_001 + 13,
                    byteCount: Self.byteCount(of: number + 1)
                )
            }

            /// Mostly small, some with nothing at all, and one in twenty above 10 MB.
            private static func byteCount(of number: Int) -> Int {
                switch number % 20 {
                case 0: Int.random(in: 10_000_000...16_000_000)
                case 1: 0
                case 2..<8: Int.random(in: 100_000...1_500_000)
                default: Int.random(in: 1...70_000)
                }
            }
        }

        @Test("Every byte of 200 concurrent connections arrives, once and in order")
        func manyStreams() throws {
            let exchanges = (0..<Self.streamCount).map(Exchange.init)
            let threads = StreamThreads()
            let server = try backend(for: exchanges, in: threads)
            let route = try Route(
                try ListenerFile("tcp", to: server.endpoint),
                settings: ["limits: { connectRatePerSource: 0 }"]
            )
            try warmUp(route)
            let sockets = try settledSocketCount(of: route.sluice)

            var clients = try exchanges.map { try client(of: route, for: $0, in: threads) }
            #expect(threads.wait(within: .seconds(100)))
            #expect(threads.failures == [])

            clients.removeAll()
            try expectCounts(of: exchanges, in: route)
            try wait(for: "\(sockets) sockets as before") { route.sluice.socketCount <= sockets }
        }

        /// Serves each exchange by the number that its client sends.
        private func backend(
            for exchanges: [Exchange],
            in threads: StreamThreads
        ) throws -> ThreadedServer {
            try ThreadedServer { connection in
                let bytes = try connection.receive(exactly: 2)
                let exchange = exchanges[Int(bytes[0]) << 8 | Int(bytes[1])]
                threads.run(
                    "backend \(exchange.number)",
                    connection,
                    sends: exchange.down,
                    expects: exchange.up
                )
            }
        }

        private func client(
            of route: Route,
            for exchange: Exchange,
            in threads: StreamThreads
        ) throws -> Connection {
            let connection = try Connection(to: route.listen)
            try connection.send(bigEndian(UInt16(exchange.number)))
            threads.run(
                "client \(exchange.number)",
                connection,
                sends: exchange.up,
                expects: exchange.down
            )
            return connection
        }

        /// Lets the gateway open what it keeps.
        private func warmUp(_ route: Route) throws {
            let client = try Connection(to: route.listen)
            try client.send([0xff])
            client.reset()
            _ = try route.sluice.accessLine()
        }

        /// What there is while nothing happens: what has ended is closed in a moment.
        private func settledSocketCount(of sluice: SluiceProcess) throws -> Int {
            var last = 0
            try wait(for: "a number of sockets that stays") {
                let before = last
                pause(.milliseconds(300))
                last = sluice.socketCount
                return last == before
            }
            return last
        }

        private func expectCounts(of exchanges: [Exchange], in route: Route) throws {
            let lines = try route.sluice.accessLines(count: exchanges.count + 1).dropFirst()
            #expect(lines.allSatisfy { $0.end == "finished" })
            let up = exchanges.map { UInt64($0.up.byteCount) + 2 }
            let down = exchanges.map { UInt64($0.down.byteCount) }
            #expect(lines.map(\.bytesIn).sorted() == up.sorted())
            #expect(lines.map(\.bytesOut).sorted() == down.sorted())
        }
    }
}

/// Streams that are written and read on threads of their own, and what went wrong with them.
private final class StreamThreads: Sendable {
    private let group = DispatchGroup()
    private let found = Mutex<[String]>([])

    var failures: [String] { found.withLock { $0 } }

    /// Sends one stream and reads the other at the same time.
    func run(
        _ name: String,
        _ connection: Connection,
        sends outgoing: RandomStream,
        expects incoming: RandomStream
    ) {
        start("\(name) sends") {
            try outgoing.write(to: connection, at: .random(for: outgoing.byteCount))
        }
        start("\(name) reads") {
            try incoming.verify(from: connection, at: .random(for: incoming.byteCount))
        }
    }

    /// Whether all threads ended in time.
    func wait(within limit: Duration) -> Bool {
        group.wait(timeout: .now() + .seconds(Int(limit.components.seconds))) == .success
    }

    private func start(_ name: String, _ work: @escaping @Sendable () throws -> Void) {
        group.enter()
        inThread { [self] in
            do { try work() } catch { found.withLock { $0.append("\(name): \(error)") } }
            group.leave()
        }
    }
}
