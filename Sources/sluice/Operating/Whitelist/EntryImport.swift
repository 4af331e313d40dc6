import ArgumentParser
import Control
import Sockets
import Text
import Time

extension WhitelistCommand {
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Import a list of addresses, blocks and ranges, one per line.",
            discussion: """
                A line may end with a comment, which becomes the entry's description. Entries that \
                are in the list already stay as they are, unless --update or --replace is given; \
                --dry-run lists what would be added, changed, kept and removed. If any line is \
                invalid, all such lines are shown and nothing is imported. Nothing is imported \
                either if the list has changed since it was compared with the file.
                """
        )

        /// As large as the gateway accepts.
        private static let sizeLimit = 60 << 20
        /// What takes so long that it should be shown; in bytes.
        private static let largeSize = 1 << 20

        @Argument(help: "The file, or - for standard input.", completion: .file())
        var file: String

        @Flag(help: "Change entries that are in the list with other attributes.")
        var update = false

        @Flag(help: "The same, and remove the entries that the file does not have.")
        var replace = false

        @Flag(help: "Deny these clients instead of allowing them.")
        var deny = false

        @Option(help: "What the entries are for, if their lines have no comment.")
        var description: String?

        @Option(
            help: "When they expire: a duration such as 24h or 90d, or a time. (default: never)",
            transform: TimeArgument.future
        )
        var expires: UnixTime?

        @Option(
            help: "Only for this service: mysql, http or tcp.",
            completion: WarehouseProtocol.completion
        )
        var service: WarehouseProtocol?

        @OptionGroup var place: EntryPlaceOptions
        @OptionGroup var change: ChangeOptions

        func validate() throws {
            if update, replace {
                throw ValidationError("--update and --replace cannot be combined")
            }
        }

        func run() async throws {
            let gateway = change.management.gateway
            try await gateway.run { client in
                let text = try InputText(file).read(limit: Self.sizeLimit)
                let isLarge = text.utf8.count >= Self.largeSize
                let path = try await place.path(client) + "/import"
                if isLarge { Progress.show("comparing \(file) with the list") }
                let preview = try await preview(of: text, at: path, client)
                if change.dryRun {
                    return change.report(preview, to: gateway) { $0.previewText }
                }
                if isLarge { Progress.show("importing \(file): \(preview.value.words)") }
                let request = ManagementRequest(
                    .post,
                    path,
                    body: body(text, version: preview.value.effect?.version)
                )
                let answer: ManagementClient.Answer<ImportView> =
                    try await change.send(request, by: client)
                change.report(answer, to: gateway) { "imported \(file): \($0.words)" }
                if !change.management.json, let hint = answer.value.keptHint {
                    StandardError.print("sluice: \(hint)")
                }
            }
        }

        /// What the import would do.
        ///
        /// - Throws: after printing the lines that are not understood.
        private func preview(
            of text: String,
            at path: String,
            _ client: ManagementClient
        ) async throws -> ManagementClient.Answer<ImportView> {
            let request = ManagementRequest(
                .post,
                path,
                // A preview changes nothing that would have to be confirmed.
                query: [(key: "dryRun", value: "true"), (key: "confirm", value: "true")],
                body: body(text, version: nil)
            )
            let answer: ManagementClient.Answer<ImportView>
            do throws(ManagementClientError) {
                answer = try await client.send(request)
            } catch {
                guard let data = error.refusal?.data, error.refusal?.code == "InvalidList" else {
                    throw error
                }
                throw refused(ImportView(refused: data), json: data.prettyText)
            }
            guard answer.value.errors?.isEmpty != false else {
                throw refused(answer.value, json: answer.json)
            }
            return answer
        }

        /// Prints the lines that are not understood.
        private func refused(_ view: ImportView, json: String) -> CommandFailure {
            if change.management.json {
                StandardOutput.print(json: json)
            } else {
                StandardOutput.print(view.errorTable)
            }
            let count = view.errors?.count ?? 0
            return CommandFailure(
                "\(file): \(count.of("invalid line")), nothing was imported",
                code: GatewayExit.data
            )
        }

        private func body(_ text: String, version: Int?) -> JSONValue {
            JSONValue(present: [
                "text": .string(text),
                "mode": .string(replace ? "replace" : update ? "update" : "add"),
                "action": .string(deny ? "deny" : "allow"),
                "description": description.map(JSONValue.string),
                "expiresAt": expires.map { .string($0.rfc3339) },
                "service": service.map { .string($0.rawValue) },
                "version": version.map { .number("\($0)") },
            ])
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the enabled allow entries as a list that import reads.",
            discussion: """
                Expiries are not part of such a list: use --json, or sluice policy export, for \
                everything.
                """
        )

        @Flag(help: "Print the deny entries instead.")
        var deny = false

        @Option(help: "Only this list, such as entries, mysql or group:office.")
        var list = "entries"

        @OptionGroup var place: EntryPlaceOptions
        @OptionGroup var management: ManagementOptions

        func run() async throws {
            let gateway = management.gateway
            try await gateway.run { client in
                let query = place.group == nil ? [(key: "list", value: list)] : []
                let path = try await place.path(client) + "/entries"
                if gateway.json {
                    return try await client.writeList(path, query: query, limit: .max) {
                        StandardOutput.print(json: $0, terminator: "")
                    }
                }
                var progress = ListProgress()
                try await client.forEachPage(of: path, query: query, limit: .max) {
                    (entries: [EntryView], total) in
                    StandardOutput.print("\(ExportedList(entries, isDeny: deny))", terminator: "")
                    progress.advance(by: entries.count, of: total)
                }
            }
        }
    }
}

/// Entries as a list file.
struct ExportedList: CustomStringConvertible {
    let description: String

    init(_ entries: [EntryView], isDeny: Bool) {
        let action = isDeny ? "deny" : "allow"
        description =
            entries.filter { $0.action == action && $0.state == "enabled" }
            .map { entry in
                let description = entry.description.map(LogText.harmless) ?? ""
                return entry.cidr + (description.isEmpty ? "" : "  # \(description)") + "\n"
            }.joined()
    }
}

/// Shows on standard error how much of a long list has been printed, unless the list itself is on a
/// terminal.
private struct ListProgress {
    private static let step = 100_000
    private let isShown = !File.standardOutput.isTerminal
    private var count = 0

    mutating func advance(by elements: Int, of total: Int) {
        let before = count
        count += elements
        guard isShown, total > Self.step, count / Self.step > before / Self.step else { return }
        Progress.show("\(count) of \(total) entries")
    }
}
