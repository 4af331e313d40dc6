import Addresses
import Logging
import MySQLProtocol
import NIOCore
import NIOPosix
import ProxyProtocol
import Testing

@testable import SampleWarehouse

/// One after another: SQLite's memory, and the limit on it, belong to the whole process.
@Suite("The sample warehouse", .serialized)
enum SampleWarehouseSuite {}

extension SampleWarehouseSuite {
    @Suite("The sample warehouse on its ports", .timeLimit(.minutes(1)))
    struct SampleWarehouseTests {
        private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

        private func connect(to port: Int) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
            try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: "127.0.0.1", port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                    }
                }
        }

        /// Sends each of `chunks` after an answer, and returns all that was received until the end.
        private func converse(_ port: Int, _ chunks: [[UInt8]]) async throws -> [UInt8] {
            try await connect(to: port).executeThenClose { inbound, outbound in
                var received: [UInt8] = []
                var chunks = chunks[...]
                for try await buffer in inbound {
                    received += [UInt8](buffer: buffer)
                    if let chunk = chunks.popFirst() {
                        try await outbound.write(ByteBuffer(bytes: chunk))
                    }
                }
                return received
            }
        }

        private let login = MySQLPacket(sequence: 1, payload: MySQLLogin(user: "demo").payload)
            .bytes
        private let whoAmI = MySQLPacket(sequence: 0, payload: [3] + "SELECT USER()".utf8).bytes
        private let quit = MySQLPacket(sequence: 0, payload: [1]).bytes

        @Test("A client is greeted, logs in, queries and leaves")
        func conversation() async throws {
            try await SampleWarehouse(logger: logger).run { ports in
                let received = try await converse(ports.mysql, [login, whoAmI, quit])
                #expect(received.contains("demo@127.0.0.1".utf8))
            }
        }

        @Test("A PROXY header is read before the greeting, and USER() shows its client")
        func proxyHeader() async throws {
            let header = ProxyHeader(
                source: SocketAddress(.v4(IPv4Address(203, 0, 113, 7)), port: 40_000),
                destination: SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 9030),
                version: .v1
            )
            var bytes: [UInt8] = []
            try header.encode(into: &bytes)
            let hello = bytes
            try await SampleWarehouse(expectsProxyHeader: true, logger: logger).run { ports in
                let connection = try await connect(to: ports.mysql)
                try await connection.executeThenClose { inbound, outbound in
                    try await outbound.write(ByteBuffer(bytes: hello + login + whoAmI + quit))
                    var received: [UInt8] = []
                    for try await buffer in inbound { received += [UInt8](buffer: buffer) }
                    #expect(received.contains("demo@203.0.113.7".utf8))
                }
            }
        }

        @Test("Without the expected header, or with a packet that is too long, the connection ends")
        func refused() async throws {
            try await SampleWarehouse(expectsProxyHeader: true, logger: logger).run { ports in
                try await connect(to: ports.mysql).executeThenClose { inbound, outbound in
                    try await outbound.write(ByteBuffer(bytes: login))
                    for try await _ in inbound { Issue.record("an answer without a header") }
                }
            }
            try await SampleWarehouse(logger: logger).run { ports in
                let received = try await converse(ports.mysql, [[0xff, 0xff, 0xff, 1]])
                let decoding = try MySQLPacket.decode(received, limit: 1_000)
                guard case .complete(_, byteCount: received.count) = decoding else {
                    Issue.record("more than the greeting arrived")
                    return
                }
            }
        }

        @Test("Broken packets end their own connection, and no other")
        func brokenPackets() async throws {
            let emptyQuery = MySQLPacket(sequence: 0, payload: [3]).bytes
            let brokenText = MySQLPacket(sequence: 9, payload: [3, 0xff, 0xfe, 0]).bytes
            let tooLong: [UInt8] = [0xff, 0xff, 0xff, 0]
            let conversations: [[[UInt8]]] = [
                [[0, 0, 0, 1]], [[1, 0, 0, 1, 0]], [login, [0, 0, 0, 0]], [login, tooLong],
                [login, emptyQuery + tooLong], [login, brokenText, quit],
            ]
            try await SampleWarehouse(logger: logger).run { ports in
                for chunks in conversations { _ = try await converse(ports.mysql, chunks) }
                let received = try await converse(ports.mysql, [login, whoAmI, quit])
                #expect(received.contains("demo@127.0.0.1".utf8))
            }
        }

        @Test("10,000 queries of 400 sessions at the same time are all answered")
        func manyQueries() async throws {
            let statement = "SELECT COUNT(*) FROM tpch.nation WHERE n_regionkey = 3"
            let query = MySQLPacket(sequence: 0, payload: [3] + statement.utf8).bytes
            // The queries are sent at once, without waiting for an answer.
            let queries = Array(repeating: query, count: 25).joined() + quit
            let answer = MySQLPacket(sequence: 4, payload: [1] + "5".utf8).bytes
            try await SampleWarehouse(logger: logger).run { ports in
                try await withThrowingTaskGroup { group in
                    for _ in 0..<400 {
                        group.addTask {
                            try await converse(ports.mysql, [login, [UInt8](queries)])
                        }
                    }
                    for try await received in group {
                        #expect(received.split(separator: answer).count == 26)
                    }
                }
            }
        }

        @Test("Sessions beyond the limit are refused in MySQL's terms")
        func sessionLimit() async throws {
            let server = try await MySQLServer.bind(
                MySQLServer.Settings(port: 0, expectsProxyHeader: false, connectionLimit: 1),
                database: SampleDatabase(),
                logger: logger
            )
            try await withThrowingTaskGroup { group in
                group.addTask { try await server.run() }
                try await connect(to: server.port).executeThenClose { inbound, _ in
                    // Once greeted, the first session counts.
                    for try await _ in inbound { break }
                    let received = try await converse(server.port, [])
                    #expect(received.contains("Too many connections".utf8))
                }
                group.cancelAll()
            }
        }

        @Test("A client that waits for 100 Continue gets it from the backend, not the frontend")
        func expectContinue() async throws {
            try await SampleWarehouse(logger: logger).run { ports in
                let frontend = try await stream(to: "/api/demo/events/_stream_load", ports.http)
                #expect(frontend.hasPrefix("HTTP/1.1 307 Temporary Redirect\r\n"))
                #expect(frontend.contains("http://demo:@gateway:8080/backend/api/demo/events/"))
                let backend = try await stream(
                    to: "/backend/api/demo/events/_stream_load",
                    ports.http
                )
                #expect(backend.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
                #expect(backend.contains("\"NumberLoadedRows\":2"))
            }
        }

        @Test("A gateway that asks for it is redirected to the backend's own address")
        func directRedirect() async throws {
            try await SampleWarehouse(logger: logger).run { ports in
                let frontend = try await stream(
                    to: "/api/demo/events/_stream_load",
                    ports.http,
                    "redirect-policy: direct\r\n"
                )
                #expect(frontend.contains("http://demo:@127.0.0.1:\(ports.http)/backend/api/demo/"))
            }
        }

        /// Sends a request's head and, on 100 Continue, the body of two rows.
        private func stream(
            to path: String,
            _ port: Int,
            _ fields: String = ""
        ) async throws -> String {
            let head = """
                PUT \(path) HTTP/1.1\r
                Host: gateway:8080\r
                Authorization: Basic ZGVtbzo=\r
                Expect: 100-continue\r
                Content-Length: 3\r
                Connection: close\r
                \(fields)\r

                """
            return try await connect(to: port).executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: head))
                var received = ""
                for try await buffer in inbound {
                    received += String(buffer: buffer)
                    guard received.hasSuffix("100 Continue\r\n\r\n") else { continue }
                    try await outbound.write(ByteBuffer(string: "1\n2"))
                }
                return received
            }
        }
    }
}
