import Addresses
import Logging
import MySQLProtocol
import NIOCore
import NIOPosix
import ProxyProtocol
import SampleWarehouse
import Testing
import Traffic

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

    /// Sends each of `chunks` after an answer has come, and returns all that came until the end.
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

    private let login = MySQLPacket(sequence: 1, payload: MySQLLogin(user: "demo").payload).bytes
    private let whoAmI = MySQLPacket(sequence: 0, payload: [3] + "SELECT USER()".utf8).bytes
    private let quit = MySQLPacket(sequence: 0, payload: [1]).bytes

    @Test("A client is greeted, logs in, asks and leaves")
    func conversation() async throws {
        try await SampleWarehouse(logger: logger).run { ports in
            let received = try await converse(ports.mysql, [login, whoAmI, quit])
            #expect(received.contains("demo@127.0.0.1".utf8))
        }
    }

    @Test("A PROXY header is read before the greeting, and its client is whom USER() shows")
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

    @Test("Without the header that is expected, or with a packet too long, the connection ends")
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
                Issue.record("something came besides the greeting")
                return
            }
        }
    }

    @Test("A client that waits for 100 Continue gets it from the backend, not from the frontend")
    func expectContinue() async throws {
        try await SampleWarehouse(logger: logger).run { ports in
            let frontend = try await stream(to: "/api/demo/events/_stream_load", ports.http)
            #expect(frontend.hasPrefix("HTTP/1.1 307 Temporary Redirect\r\n"))
            #expect(frontend.contains("http://demo:@gateway:8080/backend/api/demo/events/"))
            let backend = try await stream(to: "/backend/api/demo/events/_stream_load", ports.http)
            #expect(backend.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
            #expect(backend.contains("\"NumberLoadedRows\":2"))
        }
    }

    /// Sends a request's head and, if it is asked for, the body of two rows.
    private func stream(to path: String, _ port: Int) async throws -> String {
        let head = """
            PUT \(path) HTTP/1.1\r
            Host: gateway:8080\r
            Authorization: Basic ZGVtbzo=\r
            Expect: 100-continue\r
            Content-Length: 3\r
            Connection: close\r
            \r

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
