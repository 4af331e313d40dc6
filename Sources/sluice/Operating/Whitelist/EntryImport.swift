import ArgumentParser
import Control
import Text

/// The answer to an import, and to its preview.
struct ImportView: ChangeAnswer {
    struct Fault: Decodable, Hashable {
        var line: Int
        var text: String?
        var message: String
    }

    var added: Int?
    var changed: Int?
    var removed: Int?
    var unchanged: Int?
    var errors: [Fault]?
    var effect: ChangeEffect?

    /// `3 added, 1 removed, 12 unchanged`
    var words: String {
        let counts = [("added", added), ("changed", changed), ("removed", removed)]
            .filter { ($0.1 ?? 0) > 0 }
        return (counts + [("unchanged", unchanged)])
            .map { "\($0.1 ?? 0) \($0.0)" }.joined(separator: ", ")
    }

    /// The lines that are not understood.
    var errorTable: String {
        let rows = (errors ?? []).map { ["\($0.line)", $0.text.cell, $0.message] }
        return Columns([.number("LINE"), "TEXT", "ERROR"], rows).description
    }

    /// What a gateway has refused because of such lines.
    init(refused data: JSONValue) {
        errors = (data["errors"]?.array ?? []).map { value in
            let line: Int? = if case .number(let text) = value["line"] { Int(text) } else { nil }
            return Fault(
                line: line ?? 0,
                text: value["text"]?.string,
                message: value["message"]?.string ?? "invalid"
            )
        }
    }
}

extension WhitelistCommand {
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Import a list of addresses, blocks and ranges, one per line.",
            discussion: """
                A line may end with a comment, which becomes the entry's description. If any line \
                is invalid, all such lines are shown and nothing is imported. Nothing is imported \
                either if the list has changed since it was compared with the file.
                """
        )

        /// As large as the gateway accepts.
        private static let sizeLimit = 60 << 20

        @Argument(help: "The file, or - for standard input.", completion: .file())
        var file: String

        @Flag(help: "Remove the entries that the file does not have.")
        var replace = false

        @Flag(help: "Deny these clients instead of allowing them.")
        var deny = false

        @Option(
            help: "Only for this service: mysql, http or tcp.",
            completion: WarehouseProtocol.completion
        )
        var service: WarehouseProtocol?

        @OptionGroup var place: EntryPlaceOptions
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            let gateway = change.management.gateway
            try await gateway.run { client in
                let text = try InputText(file).read(limit: Self.sizeLimit)
                let path = try await place.path(client) + "/import"
                let preview = try await preview(of: text, at: path, client)
                if change.dryRun { return change.report(preview, to: gateway) { $0.words } }
                let request = ManagementRequest(
                    .post,
                    path,
                    body: body(text, version: preview.value.effect?.version)
                )
                let answer: ManagementClient.Answer<ImportView> =
                    try await change.send(request, by: client)
                change.report(answer, to: gateway) { "imported \(file): \($0.words)" }
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
                "mode": .string(replace ? "replace" : "add"),
                "action": .string(deny ? "deny" : "allow"),
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
                let answer: ManagementClient.Answer<ManagementClient.Listing<EntryView>> =
                    try await client.list(
                        try await place.path(client) + "/entries",
                        query: query,
                        limit: .max
                    )
                gateway.print(answer) { ExportedList($0.elements, isDeny: deny).description }
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
