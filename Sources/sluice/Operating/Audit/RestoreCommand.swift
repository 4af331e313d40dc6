import ArgumentParser
import Control
import Store
import Text

/// `sluice restore`: puts a backup in place of a gateway's store.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Replace the policy in a stopped gateway's store with that of a backup.",
        discussion: """
            Runs on the gateway's machine, while the gateway is stopped or could not open its store. \
            A key or an account that was removed or disabled since the backup stays so, and one that \
            was made since is kept. If the store cannot be read, or the backup is another gateway's, \
            keys and accounts that only the backup has come back disabled. All logins end. The audit \
            continues. A damaged store is kept next to the new one.
            """
    )

    @Argument(help: "A file that sluice backup has written.", completion: .file())
    var file: String

    @OptionGroup var configuration: ConfigurationOption

    @Flag(name: .shortAndLong, help: "Do not ask for confirmation.")
    var yes = false

    func run() async throws {
        try CommandFailure.reported {
            guard let configuration = configuration.file else {
                throw CommandFailure("no configuration file (use --config FILE)")
            }
            let store: OfflineStore
            do throws(OfflineStore.Failure) {
                store = try OfflineStore(configuration: configuration)
            } catch {
                throw CommandFailure("\(error)", code: GatewayExit.configuration)
            }
            do throws(OfflineStore.Failure) {
                try store.checkIsStopped()
            } catch {
                throw CommandFailure("\(error)")
            }
            do throws(OfflineStore.Failure) {
                try OfflineStore.check(file)
            } catch {
                throw CommandFailure("\(error)", code: GatewayExit.data)
            }
            if !yes {
                try Confirmation.ask(
                    "this replaces the policy in \(store.path) with that of \(file)"
                )
            }
            do throws(OfflineStore.Failure) {
                StandardOutput.print(Self.text(try store.restore(file), store.path))
            } catch {
                throw CommandFailure("\(error)")
            }
        }
    }

    static func text(_ restored: PolicyStore.Restored, _ path: String) -> String {
        var lines = [
            "restored \(path): \(restored.warehouseCount.of("warehouse")),"
                + " \(restored.entryCount.of("entry"))"
        ]
        lines += text(restored.refusedKeys, "key")
        lines += text(restored.refusedAccounts, "account")
        if let aside = restored.movedAside { lines.append("the damaged store is now \(aside)") }
        return lines.joined(separator: "\n")
    }

    private static func text(_ refused: PolicyStore.Refused, _ kind: String) -> [String] {
        var lines: [String] = []
        if !refused.removed.isEmpty {
            lines.append("\(kind)s that stay removed: \(shown(refused.removed))")
        }
        if !refused.replaced.isEmpty {
            lines.append(
                "\(kind)s left out, because the store has others of their names:"
                    + " \(shown(refused.replaced))"
            )
        }
        if !refused.disabled.isEmpty {
            lines.append(
                "\(kind)s that are disabled: \(shown(refused.disabled))"
                    + " (to enable one: sluice \(kind) enable NAME)"
            )
        }
        return lines
    }

    private static func shown(_ names: [String]) -> String {
        let limit = 20
        let first = names.prefix(limit).map(\.quoted).joined(separator: ", ")
        return names.count > limit ? "\(first) and \(names.count - limit) more" : first
    }
}
