import Foundation
import Glibc
import Testing

extension IntegrationTests {
    /// The management address with TLS, as curl, openssl and the command line meet it.
    @Suite("Management with TLS")
    struct ManagementTLSTests {
        /// A gateway whose certificate is its own or one of openssl's.
        struct Site {
            let folder: TemporaryFolder
            let management: Endpoint
            var file: GatewayFile

            init() throws {
                folder = try TemporaryFolder()
                management = try .free()
                file = GatewayFile(
                    try ListenerFile("tcp", to: .free()),
                    settings: ["state: \(folder.path)/sluice.db"]
                )
                file.policy = "store"
                file.managementKeys = ["tls: self-signed"]
            }

            var ownCertificate: String { "\(folder.path)/sluice.db.tls.pem" }

            /// Makes a certificate and its key, `NAME.pem` and `NAME.key`.
            func makePair(_ name: String) throws {
                let result = try runProgram(
                    "openssl",
                    [
                        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-days", "30", "-subj", "/CN=\(name)", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-keyout", "\(folder.path)/\(name).key",
                        "-out", "\(folder.path)/\(name).pem",
                    ]
                )
                guard result.status == 0 else { throw HarnessError(result.errorOutput) }
                _ = unsafe chmod("\(folder.path)/\(name).key", 0o600)
            }

            /// Puts a pair in the place of the one that is configured.
            func install(certificate: String, key: String) throws {
                for (from, to) in [(certificate, "served.pem"), (key, "served.key")] {
                    let path = "\(folder.path)/\(to)"
                    _ = unsafe unlink(path)
                    try FileManager.default.copyItem(atPath: "\(folder.path)/\(from)", toPath: path)
                }
            }

            func start() throws -> SluiceProcess {
                let sluice = try SluiceProcess(file, management: management, isAwaited: false)
                try wait(for: "a ready gateway; it says \(sluice.operatorLog)") {
                    sluice.operatorLog.contains("is ready")
                }
                return sluice
            }

            func curl(_ path: String, _ arguments: String...) throws -> CommandResult {
                try runProgram(
                    "curl",
                    [
                        "--silent", "--show-error", "--noproxy", "*", "--max-time", "40",
                        "https://\(management)\(path)",
                    ] + arguments
                )
            }

            func openssl(_ arguments: String...) throws -> CommandResult {
                try runProgram(
                    "sh",
                    [
                        "-c", #"exec openssl s_client -connect "$@" </dev/null"#, "sh",
                        management.description,
                    ] + arguments
                )
            }

            /// Runs a command of the gateway with the contexts of this folder.
            func command(_ arguments: String...) throws -> CommandResult {
                try runProgram(
                    "env",
                    ["XDG_CONFIG_HOME=\(folder.path)", "SLUICE_API_KEY=", try Programs.sluice()]
                        + arguments
                )
            }
        }

        static func fingerprint(of certificate: String) throws -> String {
            let result = try runProgram(
                "openssl",
                ["x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"]
            )
            return "SHA256:"
                + (result.output.split(separator: "=").last ?? "")
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }

        @Test("curl and openssl reach it with TLS 1.2 and 1.3, and by nothing older or plain")
        func clients() throws {
            let site = try Site()
            let sluice = try site.start()
            let fingerprint = try Self.fingerprint(of: site.ownCertificate)
            #expect(sluice.logs(fingerprint), "\(sluice.operatorLog)")
            let trusted = try site.curl("/healthz", "--cacert", site.ownCertificate)
            #expect(trusted.output == "ok\n", "\(trusted)")
            #expect(try site.curl("/healthz", "--insecure").output == "ok\n")
            #expect(try site.curl("/healthz").status == 60)
            for (version, name) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
                let result = try site.openssl(version, "-alpn", "h2,http/1.1")
                #expect(result.output.contains("New, \(name)"), "\(result)")
                #expect(result.output.contains("ALPN protocol: http/1.1"), "\(result)")
            }
            let old = try site.openssl("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
            #expect(old.status != 0 && old.output.contains("Cipher is (NONE)"), "\(old)")
            let plain = try Curl.get("/healthz", at: site.management)
            #expect(plain.status == 400 && plain.body.contains("https://"))
        }

        @Test("Any number of half-open handshakes does not keep curl out")
        func halfOpenCrowd() throws {
            let site = try Site()
            let sluice = try site.start()
            let crowd = try (0..<150).map { _ in
                let connection = try Connection(to: site.management)
                try connection.send([0x16, 0x03, 0x01, 0x02])
                return connection
            }
            #expect(try site.curl("/healthz", "--insecure").output == "ok\n")
            #expect(try crowd[0].receiveToEnd().bytes.isEmpty, "the oldest made room")
            _ = sluice
        }

        @Test(
            "A reload takes a new pair and refuses a bad one, while a stream of events stays open"
        )
        func reload() throws {
            var site = try Site()
            for name in ["a", "b"] { try site.makePair(name) }
            try site.install(certificate: "a.pem", key: "a.key")
            let served = "\(site.folder.path)/served"
            site.file.managementKeys = ["tls: { certificate: \(served).pem, key: \(served).key }"]
            let sluice = try site.start()
            let key = try sluice.localKey()
            let stream = try ChildProcess(
                "curl",
                [
                    "--silent", "--no-buffer", "--noproxy", "*", "--cacert",
                    "\(site.folder.path)/a.pem", "-H", "X-API-Key: \(key)",
                    "https://\(site.management)/v1/events",
                ],
                folder: site.folder
            )
            try wait(for: "the stream's start") { stream.output.contains("retry:") }
            func serves(_ name: String) throws -> Bool {
                try site.curl("/healthz", "--cacert", "\(site.folder.path)/\(name).pem").status == 0
            }

            try site.install(certificate: "b.pem", key: "a.key")
            let mismatch = try site.command("reload", "--socket", sluice.socketPath)
            #expect(mismatch.status != 0 && "\(mismatch)".contains("is not the key"), "\(mismatch)")
            _ = unsafe chmod("\(site.folder.path)/b.key", 0o644)
            try site.install(certificate: "b.pem", key: "b.key")
            let exposed = try site.command("reload", "--socket", sluice.socketPath)
            #expect(exposed.status != 0 && "\(exposed)".contains("chmod 600"), "\(exposed)")
            #expect(try serves("a") && !serves("b"))

            _ = unsafe chmod("\(site.folder.path)/served.key", 0o600)
            sluice.process.signal(SIGHUP)
            try wait(for: "the new certificate") { try serves("b") }
            #expect(try !serves("a"))
            #expect(stream.isRunning)
            let added = try sluice.localClient().send(
                "POST",
                "/v1/warehouses/WHTEST/whitelist/entries",
                #"{"cidr": "10.9.8.7/32"}"#
            )
            #expect((200..<300).contains(added.status), "\(added)")
            try wait(for: "the change in the stream") { stream.output.contains("10.9.8.7") }
        }

        @Test("The command line pins a certificate, and refuses another one until it is pinned")
        func pins() throws {
            let site = try Site()
            let gateway = "https://\(site.management)"
            var sluice: SluiceProcess? = try site.start()
            let key = try #require(sluice).localKey()
            let first = try Self.fingerprint(of: site.ownCertificate)
            let add = { (arguments: [String]) in
                try runProgram(
                    "env",
                    [
                        "XDG_CONFIG_HOME=\(site.folder.path)", try Programs.sluice(), "context",
                        "add", "gw", "--management", gateway, "--key", key,
                    ] + arguments
                )
            }
            let unknown = try add([])
            #expect(unknown.status == 5 && unknown.errorOutput.contains(first), "\(unknown)")
            #expect(try add(["--fingerprint", first]).status == 0)
            let status = try site.command("status")
            #expect(status.status == 0 && status.output.contains(first), "\(status)")

            _ = try sluice?.terminate()
            sluice = nil
            try FileManager.default.removeItem(atPath: site.ownCertificate)
            let successor = try site.start()
            let second = try Self.fingerprint(of: site.ownCertificate)
            let refused = try site.command("status")
            #expect(refused.status == 69, "\(refused)")
            #expect(refused.errorOutput.contains(first) && refused.errorOutput.contains(second))
            #expect(refused.errorOutput.contains("pin the new one: sluice context trust gw"))
            let trust = { try site.command("context", "trust", "gw", "--fingerprint", second) }
            let trusted = try trust()
            #expect(trusted.status == 0, "\(trusted)")
            #expect(trusted.output == "was pinned: \(first)\npinned: \(second)\n")
            #expect(try trust().output == "already pinned: \(second)\n")
            // Without --fingerprint, nothing has to be asked either.
            let again = try site.command("context", "trust", "gw")
            #expect(again.output == "already pinned: \(second)\n", "\(again)")
            #expect(try site.command("status").status == 0)
            let file = try site.command("status", "--config", successor.configurationPath)
            #expect(file.status == 0, "\(file)")
        }
    }
}

extension SluiceProcess {
    /// A key that may do everything, made over the local socket.
    fileprivate func localKey() throws -> String {
        let result = try runProgram(
            Programs.sluice(),
            [
                "key", "create", "test", "--role", "administer", "--quiet", "--socket", socketPath,
            ]
        )
        guard result.status == 0 else { throw HarnessError(result.errorOutput) }
        return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
