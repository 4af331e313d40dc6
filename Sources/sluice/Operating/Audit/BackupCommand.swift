import ArgumentParser
import Control
import FoundationEssentials
import Sockets
import Text

/// `sluice backup`: a copy of the gateway's store.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Save a copy of the gateway's store, an SQLite database, while it runs.",
        discussion: """
            The file is there once it is complete; only its owner can read it. One of the same name is \
            replaced if you agree.
            """
    )

    /// For the copy of a large store, until which nothing comes.
    static let patience = Duration.seconds(600)

    @Argument(help: "The file to write, or - for standard output.", completion: .file())
    var file: String

    @Flag(name: .shortAndLong, help: "Replace a file of this name without asking.")
    var yes = false

    @OptionGroup var place: GatewayOptions

    @Option(
        help: "The configuration file of the gateway, for its socket and its address.",
        completion: .configurationFile
    )
    var config: String?

    func run() async throws {
        let gateway = place.gateway(of: config)
        try await gateway.run(answeringWithin: Self.patience) { client in
            if file == "-" { return try await print(from: client) }
            if !yes, FileManager.default.fileExists(atPath: file) {
                try Confirmation.ask("\(file) exists and would be replaced")
            }
            try await save(from: client)
        }
    }

    private func save(from client: ManagementClient) async throws {
        let size = UInt64(try await client.saveBackup(to: file)).asBytes
        StandardOutput.print("saved \(file), \(size)")
    }

    private func print(from client: ManagementClient) async throws {
        guard !File.standardOutput.isTerminal else {
            throw CommandFailure("a backup is not for a terminal (redirect it, or name a file)")
        }
        try await client.stream(.get("v1/backup")) { StandardOutput.append($0) }
    }
}
