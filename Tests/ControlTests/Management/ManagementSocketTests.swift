import Addresses
import Foundation
import ScriptedServers
import Sockets
import Testing

@testable import Control

@Suite("Where a gateway's local socket is")
struct ManagementSocketTests {
    private let user = ProcessUser.current

    @Test(
        "Its path follows from the management address and the gateway's user",
        arguments: [
            ("127.0.0.1:7080", 0, ["XDG_RUNTIME_DIR": "/run/user/0"], "/run/sluice/127.0.0.1-7080"),
            ("0.0.0.0:7080", 0, [:], "/run/sluice/127.0.0.1-7080"),
            (
                "[::1]:7080", 1_000, ["XDG_RUNTIME_DIR": "/run/user/1000"],
                "/run/user/1000/sluice/::1-7080"
            ),
            (
                "127.0.0.1:80", 61_234, ["RUNTIME_DIRECTORY": "/run/sluice:/run/other"],
                "/run/sluice/127.0.0.1-80"
            ),
            ("127.0.0.1:80", 1_000, [:], "/tmp/sluice-1000/127.0.0.1-80"),
            ("127.0.0.1:80", 1_000, ["XDG_RUNTIME_DIR": "run"], "/tmp/sluice-1000/127.0.0.1-80"),
        ] as [(String, UInt32, [String: String], String)]
    )
    func path(address: String, user: UInt32, environment: [String: String], path: String) throws {
        let found = ManagementSocket.standardPath(
            for: try SocketAddress(parsing: address),
            user: user,
            environment: environment
        )
        #expect(found == "\(path).sock")
    }

    @Test("A socket is trusted only in a folder that nobody else can change")
    func trust() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "x.sock")
        let set = { (mode: Int) in
            try FileManager.default.setAttributes(
                [.posixPermissions: mode],
                ofItemAtPath: folder.url.path
            )
        }
        try set(0o700)
        #expect(!ManagementSocket.isTrusted(path, user: user), "nothing is there")
        try await ScriptedServer.run(socket: path, [.data("{}")]) { _ in
            #expect(ManagementSocket.isTrusted(path, user: user))
            #expect(!ManagementSocket.isTrusted(path, user: user &+ 1) || user == 0)
            for mode in [0o770, 0o702, 0o1777] {
                try set(mode)
                #expect(!ManagementSocket.isTrusted(path, user: user), "\(mode)")
            }
        }
    }

    @Test(
        "Root trusts the socket of a service to whom root has given the folder",
        .enabled(if: getuid() == 0)
    )
    func service() async throws {
        let folder = try TemporaryFolder()
        let given = folder.path(of: "sluice")
        let path = "\(given)/x.sock"
        try FileManager.default.createDirectory(atPath: given, withIntermediateDirectories: false)
        try await ScriptedServer.run(socket: path, [.data("{}")]) { _ in
            let set = { (path: String, mode: Int, owner: Int) in
                try FileManager.default.setAttributes(
                    [.posixPermissions: mode, .ownerAccountID: owner],
                    ofItemAtPath: path
                )
            }
            try set(folder.url.path, 0o755, 0)
            try set(given, 0o700, 61_234)
            try set(path, 0o600, 61_234)
            #expect(ManagementSocket.isTrusted(path, user: 0))
            try set(path, 0o600, 61_235)
            #expect(!ManagementSocket.isTrusted(path, user: 0), "somebody else's socket")
            try set(path, 0o600, 61_234)
            try set(folder.url.path, 0o1777, 0)
            #expect(!ManagementSocket.isTrusted(path, user: 0), "anyone can make such a folder")
        }
    }

    @Test("A file that is not a socket, and a folder that is a link, are not trusted")
    func otherFiles() throws {
        let folder = try TemporaryFolder(["x.sock": ""])
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o700],
            ofItemAtPath: folder.url.path
        )
        #expect(!ManagementSocket.isTrusted(folder.path(of: "x.sock"), user: user))
        let link = folder.path(of: "link")
        try FileManager.default.createSymbolicLink(
            atPath: link,
            withDestinationPath: folder.url.path
        )
        #expect(!ManagementSocket.isPrivateFolder(link, user: user))
        #expect(ManagementSocket.isPrivateFolder(folder.url.path, user: user))
    }

    @Test(
        "An address is taken literally, and localhost; any other name may be anywhere",
        arguments: [
            ("127.0.0.1:7080", "127.0.0.1:7080"), ("[::1]:7080", "[::1]:7080"),
            ("localhost:80", "127.0.0.1:80"), ("LOCALHOST:80", "127.0.0.1:80"),
            ("10.0.0.1:7080", "10.0.0.1:7080"), ("gateway.internal:7080", nil),
        ] as [(String, String?)]
    )
    func literal(text: String, address: String?) throws {
        #expect(try ManagementAddress(parsing: text).literal?.description == address)
    }
}
