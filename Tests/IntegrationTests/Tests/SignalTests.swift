import Foundation
import Glibc
import Testing

extension IntegrationTests {
    /// Signals are heard at every moment, and none but SIGTERM and SIGINT ends the gateway.
    @Suite("Signals")
    struct SignalTests {
        @Test("SIGUSR1 opens the access log again and reads no policy; SIGUSR2 does nothing")
        func rotation() throws {
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile("tcp", to: echo.endpoint)
            let sluice = try SluiceProcess(GatewayFile(listener))
            let path = sluice.folder.path + "/access.log"
            let text = GatewayFile(listener).text(management: sluice.management)
                .replacing("access: stdout", with: "access: \(path)")
            try sluice.requestReload(to: text)
            try wait(for: "the log file") { FileManager.default.fileExists(atPath: path) }
            try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
            // An operator is in the middle of an edit.
            try sluice.folder.write("warehouses: [", to: "sluice.yaml")
            for signal in [SIGUSR2, SIGUSR1] { sluice.process.signal(signal) }
            try wait(for: "a new log file") { FileManager.default.fileExists(atPath: path) }
            #expect(try Connection(to: listener.listen).exchange("after"))
            try wait(for: "a line in the new file") {
                (try? String(contentsOfFile: path, encoding: .utf8))?.hasSuffix("}\n") == true
            }
            #expect(try sluice.generation() == 2)
            #expect(try sluice.reloadSucceeded())
            #expect(try sluice.terminate() == 0)
        }

        @Test("The second SIGTERM ends a drain immediately")
        func secondStop() throws {
            let echo = try ThreadedServer.echo()
            let route = try Route(
                try ListenerFile("tcp", to: echo.endpoint),
                settings: ["timeouts: { drain: 3600s }"]
            )
            let client = try Connection(to: route.listen)
            #expect(try client.exchange("before"))
            route.sluice.process.signal(SIGTERM)
            try wait(for: "a drain") { route.sluice.operatorLog.contains("draining") }
            #expect(route.sluice.process.isRunning)
            route.sluice.process.signal(SIGINT)
            #expect(try route.sluice.process.waitUntilExit() == 1)
        }

        @Test("SIGTERM is handled before the gateway serves; SIGHUP and SIGUSR1 do no harm then")
        func atTheStart() throws {
            let squatter = try Acceptor()
            let listener = try ListenerFile("tcp", at: squatter.endpoint, to: .free())
            let sluice = try SluiceProcess(
                GatewayFile(listener),
                arguments: ["--bind-patience", "3600"],
                isAwaited: false
            )
            try wait(for: "a word on \(squatter.endpoint) in \(sluice.operatorLog)") {
                sluice.operatorLog.contains("waiting for \(squatter.endpoint)")
            }
            for signal in [SIGHUP, SIGUSR1, SIGUSR2] { sluice.process.signal(signal) }
            pause(.milliseconds(300))
            #expect(sluice.process.isRunning)
            #expect(try sluice.terminate() == 0)
        }

        /// A list from which nothing can be read: by turns of the file system it blocks for ever,
        /// or it is refused. In either case the gateway hears what comes next.
        @Test("A list that is a named pipe blocks neither the next reload nor a stop")
        func blockedReload() throws {
            let echo = try ThreadedServer.echo()
            let file = GatewayFile(try ListenerFile("tcp", to: echo.endpoint))
            let sluice = try SluiceProcess(file)
            let pipe = sluice.folder.path + "/list.cidrs"
            #expect(unsafe mkfifo(pipe, 0o600) == 0)
            var blocked = file
            blocked.whitelist = "{ mode: specific, files: [ \"\(pipe)\" ] }"
            for _ in 0..<3 {
                try sluice.requestReload(to: blocked.text(management: sluice.management))
            }
            pause(.milliseconds(300))
            #expect(try Connection(to: file.listeners[0].listen).exchange("meanwhile"))
            #expect(try sluice.get("/healthz").status == 200)
            #expect(try sluice.terminate() == 0)
        }
    }
}
