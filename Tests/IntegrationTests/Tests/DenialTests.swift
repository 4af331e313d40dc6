import Foundation
import Testing

extension IntegrationTests {
    /// How a denied client learns of it.
    @Suite("A denied client")
    struct DenialTests {
        private static let onlyOffice = "{ mode: specific, entries: [ { cidr: 127.0.1.0/24 } ] }"

        private func route(_ protocol: String, reject: String) throws -> Route {
            let listener = try ListenerFile(
                `protocol`,
                to: .free(),
                settings: ["reject: \(reject)"]
            )
            return try Route(listener, whitelist: Self.onlyOffice)
        }

        @Test("drop closes cleanly, without a message", arguments: ["mysql", "http", "tcp"])
        func drop(protocol: String) throws {
            let route = try route(`protocol`, reject: "drop")
            let (bytes, ending) = try Connection(to: route.listen).receiveToEnd()
            #expect(bytes.isEmpty)
            #expect(ending == .endOfStream)
            #expect(try route.sluice.accessLine().reason == "notInWhitelist")
        }

        @Test("error sends a MySQL client 1130, its address and the reason, before any greeting")
        func mysqlBytes() throws {
            let route = try route("mysql", reject: "error")
            let client = try Connection(to: route.listen, from: "127.0.0.9")
            let (bytes, ending) = try client.receiveToEnd()
            #expect(ending == .endOfStream)
            try #require(bytes.count > 7)
            #expect(Int(bytes[0]) | Int(bytes[1]) << 8 == bytes.count - 4, "the packet's length")
            #expect(bytes[3] == 0, "the sequence number")
            #expect(bytes[4] == 0xff, "an ERR packet")
            #expect(Int(bytes[5]) | Int(bytes[6]) << 8 == 1130)
            #expect(bytes[7] != UInt8(ascii: "#"), "no SQL state before the handshake")
            let text = String(decoding: bytes[7...], as: UTF8.self)
            #expect(text.contains("'127.0.0.9'"))
            #expect(text.contains("whitelist"))
        }

        @Test("error reaches the stock mysql client")
        func mysqlClient() throws {
            let route = try route("mysql", reject: "error")
            let result = try MySQLClient.query("SELECT 1", at: route.listen, from: "127.0.0.9")
            #expect(result.status != 0)
            #expect(result.errorOutput.contains("1130"), "\(result)")
            #expect(result.errorOutput.contains("127.0.0.9"), "\(result)")
        }

        @Test("errorAfterGreeting is what the stock mysql client shows in full")
        func mysqlAfterGreeting() throws {
            let route = try route("mysql", reject: "errorAfterGreeting")
            let result = try MySQLClient.query(
                "SELECT 1",
                at: route.listen,
                from: "127.0.0.9",
                password: "hidden-word"
            )
            #expect(result.errorOutput.contains("ERROR 1130 (HY000)"), "\(result)")
            #expect(result.errorOutput.contains("127.0.0.9"), "\(result)")
            #expect(try route.sluice.accessLine().end == "denied")
        }

        @Test("errorAfterGreeting does not wait for a login indefinitely")
        func silentAfterGreeting() throws {
            let listener = try ListenerFile(
                "mysql",
                to: .free(),
                settings: ["reject: errorAfterGreeting", "timeouts: { header: 300ms }"]
            )
            let sluice = try SluiceProcess(GatewayFile(listener, whitelist: Self.onlyOffice))
            let client = try Connection(to: listener.listen)
            #expect(try client.receiveToEnd().bytes.count > 10)
            #expect(try sluice.accessLine().end == "denied")
        }

        @Test("error sends an HTTP client 403 with JSON")
        func http() throws {
            let route = try route("http", reject: "error")
            let answer = try Curl.get(
                at: route.listen,
                from: "127.0.0.9",
                ["--dump-header", "/dev/stderr"]
            )
            #expect(answer.status == 403)
            let object = try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
            let body = try #require(object as? [String: Any])
            #expect(body["success"] as? Bool == false)
            #expect(body["client"] as? String == "127.0.0.9")
            #expect((body["message"] as? String)?.contains("127.0.0.9") == true)
        }

        @Test("The answer is not lost to a reset, though the client has sent a request already")
        func requestUnderWay() throws {
            let route = try route("http", reject: "error")
            for _ in 0..<50 {
                let client = try Connection(to: route.listen)
                try client.send("PUT /api/db/t/_stream_load HTTP/1.1\r\nHost: x\r\n")
                try client.send([UInt8](repeating: 0x41, count: 20_000))
                let (bytes, ending) = try client.receiveToEnd()
                #expect(bytes.starts(with: Array("HTTP/1.1 403 ".utf8)))
                #expect(bytes.last == UInt8(ascii: "\n"))
                #expect(ending == .endOfStream)
            }
        }

        @Test("A denied client that never stops sending is cut off")
        func endlessRequest() throws {
            let route = try route("http", reject: "error")
            let client = try Connection(to: route.listen)
            let deadline = ContinuousClock.now + patience
            #expect(throws: SocketError.self) {
                while ContinuousClock.now < deadline {
                    try client.send([UInt8](repeating: 0x41, count: 1000))
                    pause(.milliseconds(5))
                }
            }
            #expect(try route.sluice.accessLine().end == "denied")
        }
    }
}
