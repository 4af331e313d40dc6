import Foundation
import Sockets
import Testing
import Text

@testable import sluice

@Suite("Contexts")
struct GatewayContextTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sluice-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // A folder left behind in the temporary one does no harm.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test("The file is below XDG_CONFIG_HOME, otherwise below ~/.config")
    func path() {
        let path = { ContextFile(environment: $0).path }
        #expect(path(["HOME": "/home/a"]) == "/home/a/.config/sluice/contexts.json")
        #expect(path(["HOME": "/home/a", "XDG_CONFIG_HOME": "/c"]) == "/c/sluice/contexts.json")
        #expect(
            path(["HOME": "/home/a", "XDG_CONFIG_HOME": "c"])
                == "/home/a/.config/sluice/contexts.json"
        )
    }

    @Test("What was written is read back, and only its owner can read it")
    func storage() throws {
        try withFolder { folder in
            let file = ContextFile(path: "\(folder)/a/b/contexts.json")
            #expect(try file.read() == GatewayContexts())
            var contexts = GatewayContexts()
            try contexts.add(GatewayContext(name: "b", management: "127.0.0.1:1", key: "sk"))
            try contexts.add(GatewayContext(name: "a", socket: "/x.sock"))
            try file.write(contexts)
            #expect(try file.read() == contexts)
            #expect(try FileStatus(of: file.path).permissions == 0o600)
        }
    }

    @Test("The first context becomes the current one, and a removed one is not current")
    func current() throws {
        var contexts = GatewayContexts()
        try contexts.add(GatewayContext(name: "b", socket: "/b"))
        try contexts.add(GatewayContext(name: "a", socket: "/a"))
        #expect(contexts.current == "b" && contexts.contexts.map(\.name) == ["a", "b"])
        try contexts.use("a")
        #expect(contexts.currentContext?.socket == "/a")
        try contexts.remove("a")
        #expect(contexts.currentContext == nil && contexts.contexts.count == 1)
        #expect(throws: CommandFailure.self) { try contexts.use("a") }
        #expect(throws: CommandFailure.self) {
            try contexts.add(GatewayContext(name: "b", socket: "/c"))
        }
    }

    @Test("A key is read from its file, without the space around it")
    func keyFile() throws {
        try withFolder { folder in
            let path = "\(folder)/key"
            #expect(throws: CommandFailure.self, "it is missing") {
                try GatewayContext(name: "a", keyFile: path).readKey()
            }
            try Data(" sk-1\n".utf8).write(to: URL(fileURLWithPath: path))
            for (mode, isUsed) in [(0o600, true), (0o640, false), (0o604, false), (0o400, true)] {
                try FileManager.default.setAttributes(
                    [.posixPermissions: mode],
                    ofItemAtPath: path
                )
                let context = GatewayContext(name: "a", keyFile: path)
                #expect((try? context.readKey()) == (isUsed ? "sk-1" : nil), "\(mode)")
            }
            let link = "\(folder)/link"
            try FileManager.default.createSymbolicLink(
                atPath: link,
                withDestinationPath: path
            )
            #expect(try GatewayContext(name: "a", keyFile: link).readKey() == "sk-1")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            try Data().write(to: URL(fileURLWithPath: path))
            #expect(throws: CommandFailure.self) {
                try GatewayContext(name: "a", keyFile: path).readKey()
            }
        }
    }

    @Test("A file that others can read or change is not used")
    func exposedFile() throws {
        try withFolder { folder in
            let file = ContextFile(path: "\(folder)/contexts.json")
            try file.write(GatewayContexts())
            for mode in [0o644, 0o666, 0o640, 0o604, 0o620, 0o044] {
                try FileManager.default.setAttributes(
                    [.posixPermissions: mode],
                    ofItemAtPath: file.path
                )
                let failure = #expect(throws: CommandFailure.self) { try file.read() }
                #expect(
                    failure?.message.contains("(mode \(String(mode, radix: 8)); chmod 600)") == true
                )
                #expect(failure?.code == GatewayExit.configuration)
            }
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600],
                ofItemAtPath: file.path
            )
            #expect(try file.read() == GatewayContexts())
        }
    }

    @Test("An unknown context and one that exists are usage errors with a remedy")
    func usage() throws {
        var contexts = GatewayContexts()
        try contexts.add(GatewayContext(name: "a", management: "127.0.0.1:1", key: "sk-1"))
        let unknown = #expect(throws: CommandFailure.self) { try contexts.context("b") }
        #expect(unknown?.code == GatewayExit.usage)
        let duplicate = #expect(throws: CommandFailure.self) { try contexts.checkIsFree("a") }
        #expect(duplicate?.code == GatewayExit.usage)
        #expect(duplicate?.message.contains("sluice context set-key a") == true)
    }

    @Test("The table marks the current context, and neither it nor the JSON shows a key")
    func table() throws {
        var contexts = GatewayContexts()
        try contexts.add(GatewayContext(name: "a", management: "127.0.0.1:1", key: "sk-secret"))
        try contexts.add(GatewayContext(name: "b", socket: "/x.sock"))
        let fingerprint = "SHA256:" + Array(repeating: "AB", count: 32).joined(separator: ":")
        try contexts.add(
            GatewayContext(name: "c", management: "gw:1", fingerprint: fingerprint)
        )
        let expected = """
               CONTEXT  GATEWAY      KEY     CERTIFICATE
            *  a        127.0.0.1:1  stored  -
               b        /x.sock      -       -
               c        gw:1         -       SHA256:AB:AB:AB:AB…
            """
        #expect("\(ContextTable(contexts))" == expected)
        #expect(!ContextTable.json(of: contexts).text.contains("sk-secret"))
    }
}
