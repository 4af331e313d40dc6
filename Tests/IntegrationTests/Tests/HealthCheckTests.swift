import Foundation
import Synchronization
import Testing

extension IntegrationTests {
    /// Backends that are watched while no client uses them.
    @Suite("Active health checks")
    struct HealthCheckTests {
        /// With time for a server that is slow because the machine is.
        private static let fast = "interval: 50ms, timeout: 15s, rise: 1, fall: 1"

        private func gateway(
            _ protocol: String,
            check: String,
            _ pace: String = fast,
            to backends: Endpoint...
        ) throws -> (listener: ListenerFile, sluice: SluiceProcess) {
            let reject = `protocol` == "tcp" ? "drop" : "error"
            var listener = try ListenerFile(
                `protocol`,
                settings: ["healthCheck: { \(check), \(pace) }", "reject: \(reject)"]
            )
            listener.backends = backends.map(\.description)
            return (listener, try SluiceProcess(GatewayFile(listener)))
        }

        @Test("A TCP check takes a dead backend out and a living one back, without a client")
        func tcp() throws {
            let endpoint = try Endpoint.free()
            let mortal = try ThreadedServer.named("first", at: endpoint)
            let other = try ThreadedServer.named("other")
            let (listener, sluice) = try gateway(
                "tcp",
                check: "type: tcp",
                to: endpoint,
                other.endpoint
            )
            try sluice.waitUntil(endpoint, is: "healthy")

            mortal.stop()
            try sluice.waitUntil(endpoint, is: "unhealthy")
            for _ in 0..<4 {
                let client = try Connection(to: listener.listen)
                #expect(try client.receiveText(byteCount: 5) == "other")
            }

            let reborn = try ThreadedServer.named("again", at: endpoint)
            try sluice.waitUntil(endpoint, is: "healthy")
            // One after the other: two shards that choose at the same moment may choose alike.
            let first = try Connection(to: listener.listen)
            let firstName = try first.receiveText(byteCount: 5)
            let second = try Connection(to: listener.listen)
            let secondName = try second.receiveText(byteCount: 5)
            #expect(Set([firstName, secondName]) == ["again", "other"])
            #expect(reborn.accepted > 0)
        }

        @Test("An HTTP check treats 500 as unhealthy and everything below as healthy")
        func http() throws {
            let status = Mutex("204 No Content")
            let paths = Mutex<[String]>([])
            let server = try ThreadedServer { connection in
                guard case .bytes(let bytes) = try connection.receive() else { return }
                let request = String(decoding: bytes, as: UTF8.self)
                paths.withLock { $0.append(String(request.prefix { $0 != "\r" })) }
                let line = status.withLock { $0 }
                try connection.send("HTTP/1.1 \(line)\r\nContent-Length: 0\r\n\r\n")
            }
            let (_, sluice) = try gateway(
                "http",
                check: "type: http, path: /api/health",
                to: server.endpoint
            )
            for (answer, health) in [
                ("404 Not Found", "healthy"), ("500 Internal Server Error", "unhealthy"),
                ("302 Found", "healthy"), ("503 Service Unavailable", "unhealthy"),
                ("200 OK", "healthy"),
            ] {
                status.withLock { $0 = answer }
                try sluice.waitUntil(server.endpoint, is: health)
            }
            #expect(paths.withLock { $0.allSatisfy { $0.hasPrefix("GET /api/health HTTP/1.") } })
        }

        @Test("A server that accepts connections but stays silent fails an HTTP check")
        func silent() throws {
            let server = try Acceptor()
            let (_, sluice) = try gateway(
                "http",
                check: "type: http",
                "interval: 50ms, timeout: 1s, rise: 1, fall: 1",
                to: server.endpoint
            )
            try sluice.waitUntil(server.endpoint, is: "unhealthy")
        }

        @Test("A MySQL check detects an error instead of a greeting")
        func mysqlError() throws {
            let message = Array("Too many connections".utf8)
            let payload = [0xff, 0x10, 0x04] + message
            let server = try ThreadedServer {
                try $0.send([UInt8(payload.count), 0, 0, 0] + payload)
            }
            let (listener, sluice) = try gateway(
                "mysql",
                check: "type: mysql",
                to: server.endpoint
            )
            try sluice.waitUntil(server.endpoint, is: "unhealthy")
            let bytes = try Connection(to: listener.listen).receiveToEnd().bytes
            #expect(bytes.dropFirst(5).prefix(2).elementsEqual([0x10, 0x04]))
        }

        @Test("A MySQL check does not make MariaDB block the gateway's host")
        func hostBlocking() throws {
            let host = try #require(NetworkInterfaces.ownAddress, "an address that is not loopback")
            // The host cache counts what is not 127.0.0.1, and only where names are resolved.
            let database = try MariaDBServer(
                host: host,
                options: ["--performance-schema=ON", "--max-connect-errors=1"]
            )
            try database.administer("CREATE USER anyone@'%'")
            try provokeBlocking(of: database)

            let (listener, sluice) = try gateway(
                "mysql",
                check: "type: mysql",
                to: database.endpoint
            )
            try sluice.waitUntil(database.endpoint, is: "healthy")
            pause(.seconds(1))
            let result = try MySQLClient.query("SELECT 42", at: listener.listen)
            #expect(result.output == "42\n", "\(result)")
            let errors = try database.administer(
                "SELECT COALESCE(MAX(SUM_CONNECT_ERRORS), 0) FROM performance_schema.host_cache"
            )
            #expect(errors == "0\n")
        }

        @Test(
            "A MySQL check over TLS does not make it block the host either, whoever the server is",
            arguments: [true, false]
        )
        func hostBlockingOverTLS(isTrusted: Bool) throws {
            let host = try #require(NetworkInterfaces.ownAddress, "an address that is not loopback")
            let authority = try CertificateAuthority("Warehouses' Authority")
            let certificate = try authority.issue("fe.internal")
            let known = isTrusted ? authority : try CertificateAuthority.shared.get()
            let database = try MariaDBServer(
                host: host,
                options: [
                    "--performance-schema=ON", "--max-connect-errors=1",
                    "--require-secure-transport=ON", "--ssl-cert=\(certificate.certificate)",
                    "--ssl-key=\(certificate.key)",
                ]
            )
            try database.administer("CREATE USER anyone@'%'")
            let listener = try ListenerFile(
                "mysql",
                to: database.endpoint,
                settings: [
                    "tls: on", "healthCheck: { type: mysql, \(Self.fast) }",
                    "backendTLS: { authorities: \"\(known.certificate)\", serverName: fe.internal }",
                ]
            )
            var file = GatewayFile(listener)
            file.settings = TLSGate.settings([
                try CertificateAuthority.shared.get().issue("gw.example")
            ])
            let sluice = try SluiceProcess(file)
            try sluice.waitUntil(database.endpoint, is: isTrusted ? "healthy" : "unhealthy")
            let before = try database.connectionCount()
            try wait(for: "ten checks") { try database.connectionCount() >= before + 10 }
            let errors = try database.administer(
                "SELECT COALESCE(MAX(SUM_CONNECT_ERRORS), 0) FROM performance_schema.host_cache"
            )
            #expect(errors == "0\n")
            let reason = try sluice.backend("\(database.endpoint)")?.lastFailure
            #expect(isTrusted || reason?.hasPrefix("TLS: ") == true, "\(reason ?? "none")")
        }

        @Test("A MariaDB that rejects our PROXY header is unhealthy, and the reason has a remedy")
        func refusedHeader() throws {
            let database = try MariaDBServer(options: ["--skip-name-resolve"])
            try database.administer("CREATE USER anyone@'%'")
            for version in ["v1", "{ version: v2 }"] {
                let listener = try ListenerFile(
                    "mysql",
                    to: database.endpoint,
                    settings: [
                        "sendProxyProtocol: \(version)", "healthCheck: { \(Self.fast) }",
                    ]
                )
                let sluice = try SluiceProcess(GatewayFile(listener))
                try sluice.waitUntil(database.endpoint, is: "unhealthy")
                // It stays ill: the error may come before our login or after it.
                for _ in 0..<20 {
                    pause(.milliseconds(20))
                    let backend = try #require(try sluice.backend("\(database.endpoint)"))
                    #expect(backend.health == "unhealthy")
                    #expect(
                        backend.lastFailure
                            == "rejects the PROXY header (MySQL error 1130: Proxy header is not"
                            + " accepted from 127.0.0.1): set sendProxyProtocol: off, or configure"
                            + " the backend to accept it (MariaDB: add the gateway to"
                            + " proxy_protocol_networks)"
                    )
                }
                try database.administer("SET GLOBAL proxy_protocol_networks='127.0.0.1'")
                try sluice.waitUntil(database.endpoint, is: "healthy")
                let result = try MySQLClient.query("SELECT 42", at: listener.listen)
                #expect(result.output == "42\n", "\(result)")
                try database.administer("SET GLOBAL proxy_protocol_networks=''")
            }
        }

        @Test("A client sees why MariaDB rejects our PROXY header", arguments: ["v1", "v2"])
        func refusedHeaderAtLogin(version: String) throws {
            let database = try MariaDBServer(options: ["--skip-name-resolve"])
            let listener = try ListenerFile(
                "mysql",
                to: database.endpoint,
                settings: ["sendProxyProtocol: \(version)"]
            )
            let sluice = try SluiceProcess(GatewayFile(listener))
            for _ in 0..<20 {
                let result = try MySQLClient.query("SELECT 42", at: listener.listen)
                #expect(result.errorOutput.contains("1130"), "\(result)")
                #expect(result.errorOutput.contains("Proxy header is not accepted"), "\(result)")
            }
            #expect(try sluice.accessLines(count: 20).allSatisfy { $0.verdict == "allow" })
        }

        @Test("An HTTP server that mistakes our PROXY header for the request is unhealthy")
        func refusedHeaderOverHTTP() throws {
            let server = try NginxServer()
            let listener = try ListenerFile(
                "http",
                to: server.endpoint,
                settings: [
                    "sendProxyProtocol: v1", "healthCheck: { type: http, \(Self.fast) }",
                ]
            )
            let sluice = try SluiceProcess(GatewayFile(listener))
            try sluice.waitUntil(server.endpoint, is: "unhealthy")
            let reason = try sluice.backend("\(server.endpoint)")?.lastFailure
            #expect(reason?.contains("set sendProxyProtocol: off") == true, "\(reason ?? "")")
        }

        @Test("A MySQL check as an existing user leaves no line in MariaDB's log")
        func ownUser() throws {
            let database = try MariaDBServer(options: ["--skip-name-resolve"])
            try database.administer("CREATE USER monitor@'127.0.0.1'")
            func checks(_ check: String) throws -> (denied: Int, aborted: String) {
                let (_, sluice) = try gateway("mysql", check: check, to: database.endpoint)
                try sluice.waitUntil(database.endpoint, is: "healthy")
                let before = try database.connectionCount()
                try wait(for: "ten checks") { try database.connectionCount() >= before + 10 }
                // A check that is under way at the gateway's end is aborted.
                let counts = (
                    denied: database.log.components(separatedBy: "Access denied").count - 1,
                    aborted: try database.administer("SHOW GLOBAL STATUS LIKE 'Aborted_connects'")
                )
                try sluice.terminate()
                return counts
            }
            let own = try checks("type: mysql, user: monitor")
            #expect(own.denied == 0)
            #expect(own.aborted == "Aborted_connects\t0\n")
            let standard = try checks("type: mysql")
            #expect(standard.denied > 0, "the user that does not exist is denied, and logged")
        }

        @Test("However many backends do not answer, each is checked, and one that is back is seen")
        func starvation() throws {
            let silent = try (0..<60).map { _ in try Acceptor() }
            let endpoint = try Endpoint.free()
            var listener = try ListenerFile(
                "mysql",
                settings: [
                    "healthCheck: { interval: 100ms, timeout: 2s, rise: 1, fall: 1 }"
                ]
            )
            listener.backends = (silent.map(\.endpoint) + [endpoint]).map(\.description)
            let sluice = try SluiceProcess(GatewayFile(listener))
            func healths() throws -> [String] {
                try sluice.status().listeners[0].backends.map(\.health)
            }
            try wait(for: "a verdict on each") { try healths().allSatisfy { $0 == "unhealthy" } }

            let greeting = MySQLBytes.greeting
            let back = try ThreadedServer(at: endpoint) { connection in
                try connection.send(greeting)
                _ = try connection.receive()
            }
            try sluice.waitUntil(endpoint, is: "healthy")
            #expect(back.accepted > 0)
            #expect(sluice.threadCount < 60, "no thread waits for each")
        }

        @Test("Before its first check a backend is neither healthy nor unhealthy; then at once")
        func notChecked() throws {
            let silent = try Acceptor()
            let dead = try Endpoint.free()
            var listener = try ListenerFile(
                "mysql",
                settings: ["healthCheck: { interval: 1h, timeout: 1h, fall: 3 }"]
            )
            listener.backends = [silent.endpoint.description, dead.description]
            let sluice = try SluiceProcess(GatewayFile(listener))
            #expect(silent.isDialled(within: patience))
            #expect(try sluice.health(of: silent.endpoint) == "notChecked")
            try sluice.waitUntil(dead, is: "unhealthy")
            let samples = try sluice.metrics().samples.filter { $0.name == "sluice_backend_up" }
            #expect(samples.count == 1, "only for what is known")
        }

        /// Shows that this server would block a host, and forgives it.
        private func provokeBlocking(of database: MariaDBServer) throws {
            try wait(for: "error 1129 of \(database.endpoint)") {
                for _ in 0..<2 { try probe(database) }
                let result = try MySQLClient.query("SELECT 1", at: database.endpoint)
                return result.errorOutput.contains("1129")
            }
            try database.administer("FLUSH HOSTS")
        }

        /// Does what a plain TCP check would do.
        private func probe(_ database: MariaDBServer) throws {
            let prober = try Connection(to: database.endpoint)
            _ = try prober.receive()
            prober.close()
            pause(.milliseconds(300))
        }
    }
}

extension MariaDBServer {
    /// Connections since the start.
    fileprivate func connectionCount() throws -> Int {
        let row = try administer("SHOW GLOBAL STATUS LIKE 'Connections'")
        return row.split(separator: "\t").last.flatMap { Int($0.dropLast()) } ?? 0
    }
}

private enum MySQLBytes {
    /// A server's first packet, as old Doris writes it: up to the lower half of the capabilities.
    static let greeting: [UInt8] =
        [23, 0, 0, 0, 10] + Array("5.7.0\0".utf8) + [1, 0, 0, 0] + Array("scramble".utf8) + [0]
        + [0xff, 0xf7] + [8]
}
