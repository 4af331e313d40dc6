import ArgumentParser
import Control
import Text

/// The answer to a policy that is applied, or only compared.
struct PolicyChangeView: ChangeAnswer {
    var changes: [String]?
    var effect: ChangeEffect?

    /// One line for each change.
    var text: String {
        let lines = (changes ?? []).map(LogText.harmless)
        return lines.isEmpty ? "no changes" : lines.joined(separator: "\n")
    }
}

/// `sluice policy`: everything that the gateway's store holds about access, as one document.
struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Keep the whole policy in a file: export it, compare it, apply it.",
        discussion: """
            A file replaces the policy of the warehouses and groups that it names, and leaves \
            others as they are. It is JSON, as export prints it. If it has a version, as the API's \
            documents do, it is applied only to that version of the policy.
            """,
        subcommands: [Export.self, Diff.self, Apply.self]
    )

    /// A policy in a file.
    struct Document: ParsableArguments {
        /// As large as the gateway accepts.
        private static let sizeLimit = 64 << 20

        @Argument(help: "The policy, a JSON file; - for standard input.", completion: .file())
        var file: String

        func request() throws(CommandFailure) -> ManagementRequest {
            let text = try InputText(file).read(limit: Self.sizeLimit)
            do throws(JSONSyntaxError) {
                let policy = try JSONValue(parsing: Array(text.utf8))
                return ManagementRequest(.put, "v1/policy", body: policy)
            } catch {
                throw CommandFailure("\(file): \(error)", code: GatewayExit.data)
            }
        }
    }
}

extension PolicyCommand {
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the policy as JSON."
        )

        @Option(name: .shortAndLong, help: "Only of this warehouse.", completion: .warehouses)
        var warehouse: String?

        @OptionGroup var management: ManagementOptions

        func run() async throws {
            let query = PlaceFilterOptions.pairs([("warehouse", warehouse)])
            try await management.gateway.run { client in
                // Every change of the policy makes its version stale: without it, the file can be
                // applied again and again.
                try await client.write("v1/policy", query: query, omitting: ["version"]) {
                    StandardOutput.print(json: $0, terminator: "")
                }
            }
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what applying a policy would change.",
            discussion: """
                What apply would ask before it changes anything follows "would need --yes:".

                Exit codes: 0 nothing would change, 1 something would, 2 no answer.
                """
        )

        @OptionGroup var document: Document
        @OptionGroup var management: ManagementOptions

        func run() async throws {
            var gateway = management.gateway
            gateway.refusal = ExitCode(2)
            let trial = [(key: "dryRun", value: "true")]
            let result = try await gateway.run { client in
                let request = try document.request().adding(trial)
                let answer: ManagementClient.Answer<PolicyChangeView> =
                    try await client.send(request)
                gateway.print(answer) { $0.text + "\n" }
                if !management.json { answer.value.effect?.printNotes(isTrial: true) }
                return answer.value
            }
            if result.changes?.isEmpty == false { throw ExitCode.failure }
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Apply a policy, all or nothing; applying it again changes nothing."
        )

        @OptionGroup var document: Document
        @OptionGroup var change: ChangeOptions

        func run() async throws {
            try await change.make { _ in
                try document.request()
            } as: {
                (result: PolicyChangeView) in
                result.text
            }
        }
    }
}
