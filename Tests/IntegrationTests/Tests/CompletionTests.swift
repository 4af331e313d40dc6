import Foundation
import Testing

extension IntegrationTests {
    /// What a shell offers at the tabulator key.
    @Suite("Completions")
    struct CompletionTests {
        /// What `sluice` says of itself (its kinds of completion are keys of an object).
        private struct Dump: Decodable {
            var command: Command

            struct Command: Decodable {
                var commandName: String
                var arguments: [Argument]?
                var subcommands: [Command]?

                var all: [Command] { [self] + (subcommands ?? []).flatMap(\.all) }
            }

            struct Argument: Decodable {
                var kind: String
                var valueName: String
                var abstract: String?
                var completionKind: [String: Ignored]?

                struct Ignored: Decodable {
                    init(from decoder: any Decoder) {}
                }

                /// Options that take a file say so, by the name of their value or in their words.
                var namesFile: Bool {
                    kind != "flag"
                        && (["lists", "old", "new", "rules"].contains(valueName)
                            || "\(valueName) \(abstract ?? "")".lowercased()
                                .contains(/\bfiles?\b/))
                }
            }
        }

        @Test("Every argument that names a file offers files")
        func fileArguments() throws {
            let result = try runProgram(Programs.sluice(), ["--experimental-dump-help"])
            let dump = try JSONDecoder().decode(Dump.self, from: Data(result.output.utf8))
            let named = dump.command.all.flatMap { command in
                (command.arguments ?? []).filter(\.namesFile).map { (command.commandName, $0) }
            }
            #expect(named.count > 10)
            for (command, argument) in named {
                #expect(
                    argument.completionKind?["file"] != nil,
                    "\(command) \(argument.valueName): \(argument.abstract ?? "")"
                )
            }
        }

        @Test(
            "bash offers files, words and commands where they belong",
            arguments: [
                (["check", "--config", "s"], ["sluice.yaml"]),
                (["cidr", "stats", "o"], ["office.cidrs"]),
                (["sessions", "list", "--link", "p"], ["private", "public"]),
                (
                    ["audit", "list", "--action", "key"],
                    ["key", "key.change", "key.create", "key.remove"]
                ),
                (["cid"], ["cidr"]),
            ]
        )
        func bash(words: [String], offers: [String]) throws {
            let folder = try TemporaryFolder()
            for name in ["sluice.yaml", "office.cidrs", "secret.txt"] {
                _ = try folder.write("", to: name)
            }
            let script = """
                cd "$1"; shift
                source <("$1" --generate-completion-script bash); shift
                COMP_WORDS=(sluice "$@"); COMP_CWORD=$#
                COMP_LINE="sluice $*"; COMP_POINT=${#COMP_LINE}
                _sluice sluice "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
                printf '%s\\n' "${COMPREPLY[@]}"
                """
            let result = try runProgram(
                "bash",
                ["-c", script, "bash", folder.path, Programs.sluice()] + words
            )
            let offered = result.output.split(separator: "\n").map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            #expect(offered.sorted() == offers, "\(result)")
        }
    }
}
