import Foundation
import Glibc
import Synchronization
import Testing

extension IntegrationTests {
    /// What a person should hear of reaches a receiver.
    @Suite("Notices")
    struct NoticeTests {
        /// What a receiver has got.
        private final class Inbox: Sendable {
            private let requests = Mutex<[String]>([])

            func append(_ request: String) { requests.withLock { $0.append(request) } }

            /// The first message of a kind and an event.
            func message(_ kind: String, _ event: String) -> String? {
                requests.withLock { requests in
                    requests.first {
                        $0.contains(#""kind":"\#(kind)""#) && $0.contains(#""event":"\#(event)""#)
                    }
                }
            }

            var count: Int { requests.withLock { $0.count } }
        }

        private static func receiver(_ inbox: Inbox) throws -> ThreadedServer {
            try ThreadedServer { connection in
                var text = ""
                while case .bytes(let bytes) = try connection.receive() {
                    text += String(decoding: bytes, as: UTF8.self)
                    guard let end = text.ranges(of: "\r\n\r\n").first,
                        let length = text.firstMatch(of: /(?i)content-length: (\d+)/)?.1,
                        text[end.upperBound...].utf8.count >= Int(length) ?? 0
                    else { continue }
                    inbox.append(text)
                    try connection.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
                    return
                }
            }
        }

        @Test("A pending endpoint and a backend that dies are told, and the secret is nowhere")
        func delivery() throws {
            let inbox = Inbox()
            let receiver = try Self.receiver(inbox)
            let backend = try ThreadedServer.echo()
            let folder = try TemporaryFolder()
            let listener = try ListenerFile(
                "tcp",
                to: backend.endpoint,
                settings: ["healthCheck: { interval: 200ms, timeout: 200ms, fall: 1, rise: 1 }"]
            )
            var file = GatewayFile(
                listener,
                settings: ["state: \(folder.path)/sluice.db"],
                whitelist: "{ entries: [ { cidr: 127.0.0.8 } ] }"
            )
            file.policy = "store"
            file.managementKeys = [
                "notices: { allowed: [ 127.0.0.0/8 ], backendDownAfter: 0s }"
            ]
            file.warehouse = ["endpoints: [ { id: vpce-0123456789abcdef0, cloud: aws } ]"]
            let sluice = try SluiceProcess(file)
            let url = "http://\(receiver.endpoint)/hook"
            let created = try sluice.command("webhook", "create", "ops", url, "--quiet")
            #expect(created.status == 0, "\(created)")
            let secret = created.output.trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(secret.hasPrefix("wh-"))
            let test = try sluice.command("webhook", "test", "ops")
            #expect(test.status == 0 && test.output.hasPrefix("delivered in"), "\(test)")
            #expect(!test.errorOutput.contains("disabled"))
            #expect(try sluice.command("webhook", "show", "ops").output.contains(url))
            let unknown = try sluice.command("webhook", "show", "opss")
            #expect(unknown.errorOutput.contains("did you mean ops?"), "\(unknown)")
            #expect(try sluice.command("webhook", "disable", "ops").status == 0)
            let silent = try sluice.command("webhook", "test", "ops")
            #expect(silent.errorOutput.contains("is disabled"), "\(silent)")
            #expect(try sluice.command("webhook", "enable", "ops").status == 0)
            let message = try #require(inbox.message("test", "test"))
            let signature = try #require(message.firstMatch(of: /v1=([0-9a-f]{64})/)?.1)

            backend.stop()
            // A delivery that fails is made again after ten seconds or so.
            try wait(for: "a notice of the backend", within: .seconds(50)) {
                inbox.message("serviceDown", "raised") != nil
                    && inbox.message("backendDown", "raised") != nil
            }
            let notices = try sluice.command("notices").output
            #expect(notices.contains("vpce-0123456789abcdef0"), "\(notices)")
            #expect(notices.contains("\(backend.endpoint)"))
            let again = try ThreadedServer.echo(at: backend.endpoint)
            try wait(for: "the end of the notice", within: .seconds(50)) {
                inbox.message("serviceDown", "ended") != nil
            }
            again.stop()

            let deliveries = try sluice.command("webhook", "deliveries", "ops").output
            #expect(deliveries.contains("delivered"))
            let audit = try sluice.command("audit", "export").output
            #expect(audit.contains("webhook.create") && audit.contains("webhook.test"))
            for text in [sluice.operatorLog, sluice.process.output, audit, deliveries, notices] {
                #expect(!text.contains(secret) && !text.contains(signature))
            }
        }

        @Test("The documented check of a signature accepts a genuine one, and raises for no other")
        func signatureExample() throws {
            let script = """
                import re, sys

                text = open(sys.argv[1], encoding="utf-8").read()
                exec(re.search("```python\\n(.*?)```", text, re.S)[1])
                now = int(time.time())

                def sign(at, secret=b"wh-1"):
                    return hmac.new(secret, f"{at}.body".encode(), hashlib.sha256).hexdigest()

                assert is_genuine("wh-1", f"t={now},v1={sign(now)}", b"body") is True
                for signature in [
                    "", "garbage", "=", ",", "v1=aa", "t=x,v1=aa", f"t={now}", f"t={now},v1=",
                    f"t={now},v1=\\u00e9", f"t={now},v1=\\udc80", f"t={'9' * 5000},v1=aa", "t=\\u0663,v1=aa",
                    f"t={now},v1={sign(now, b'other')}", f"t={now - 400},v1={sign(now - 400)}",
                    f"t={now - 1},v1={sign(now)}",
                ]:
                    assert is_genuine("wh-1", signature, b"body") is False, ascii(signature)
                """
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appending(path: "../../..").standardized
            let result = try runProgram(
                "python3",
                ["-c", script, root.appending(path: "docs/notices.md").path]
            )
            #expect(result.status == 0, "\(result)")
        }

        @Test("What stands at the start is told, so that a restart loses nothing")
        func restart() throws {
            let inbox = Inbox()
            let receiver = try Self.receiver(inbox)
            var site = try StoreSite(whitelist: "{ mode: anywhere }")
            site.file.managementKeys = ["notices: { allowed: [ 127.0.0.0/8 ] }"]
            site.file.warehouse = ["endpoints: [ { id: vpce-0123456789abcdef0, cloud: aws } ]"]
            let first = try site.start()
            let url = "http://\(receiver.endpoint)/hook"
            #expect(try first.command("webhook", "create", "ops", url).status == 0)
            try first.kill()
            let second = try site.start()
            try wait(for: "the pending endpoint and the open warehouse", within: .seconds(50)) {
                inbox.message("endpointPending", "standing") != nil
                    && inbox.message("policyOpen", "standing") != nil
            }
            _ = second
        }
    }
}
