import Foundation
import Glibc

/// A gateway whose policy is in a store, before an echo. Its store outlasts each of its processes.
struct StoreSite {
    let folder: TemporaryFolder
    /// Where the store is.
    let path: String
    let management: Endpoint
    private let disk: SmallDisk?
    var file: GatewayFile
    private let echo: ThreadedServer

    /// - Parameters:
    ///   - whitelist: of the configuration file; `nil` for none.
    ///   - settings: further lines at the top of the file.
    ///   - disk: where the store is, if it is not to be in a folder.
    init(whitelist: String?, settings: [String] = [], disk: SmallDisk? = nil) throws {
        folder = try TemporaryFolder()
        echo = try ThreadedServer.echo()
        management = try .free()
        self.disk = disk
        path = "\(disk?.mountPath ?? folder.path)/sluice.db"
        file = GatewayFile(
            try ListenerFile("tcp", to: echo.endpoint),
            settings: ["state: \(path)"] + settings
        )
        file.policy = "store"
        file.whitelist = whitelist
    }

    var listen: Endpoint { file.listeners[0].listen }
    /// Where the last active policy is saved.
    var lastPolicyFolder: String { "\(path).last" }

    /// Starts a process of the gateway.
    func start(
        arguments: [String] = [],
        isAwaited: Bool = true
    ) throws -> SluiceProcess {
        try SluiceProcess(
            file,
            management: management,
            disk: disk,
            arguments: arguments,
            isAwaited: isAwaited
        )
    }

    /// Whether a client with this address is served.
    func admits(_ source: String) throws -> Bool {
        let client = try Connection(to: listen, from: source)
        // A denied client may learn of it while it still sends.
        try? client.send("x")
        return try client.receive() == .bytes(Array("x".utf8))
    }

    /// Those of the addresses that are served.
    func admitted(of sources: [String]) throws -> [String] {
        try sources.filter(admits)
    }

    /// Removes the store's files, those beside it included.
    func removeStore() throws {
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
    }
}

extension SluiceProcess {
    /// The policy as `sluice policy export` prints it, without the revision.
    func exportedPolicy() throws -> PolicyExport {
        let result = try command("policy", "export")
        guard result.status == 0 else { throw HarnessError(result.errorOutput) }
        return try JSONDecoder().decode(PolicyExport.self, from: Data(result.output.utf8))
    }

    /// Ends the process as a crash would.
    func kill() throws {
        process.signal(SIGKILL)
        _ = try process.waitUntilExit()
    }
}

/// What these tests read of an exported policy.
struct PolicyExport: Decodable, Hashable {
    var warehouses: [Warehouse]
    var groups: [Group]

    struct Warehouse: Decodable, Hashable {
        var mode: String
        var groups: [String]
        var entries: [Entry]
        var endpoints: [Endpoint]
    }

    struct Group: Decodable, Hashable {
        var name: String
        var entries: [Entry]
    }

    struct Entry: Decodable, Hashable {
        var cidr: String
        var action: String?
        var enabled: Bool?
        var description: String?
        var service: String?
    }

    struct Endpoint: Decodable, Hashable {
        var endpointId: String
        var state: String
    }
}
