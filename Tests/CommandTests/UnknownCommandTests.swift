import ArgumentParser
import Testing

@testable import sluice

@Suite("Unknown commands")
struct UnknownCommandTests {
    private func message(_ line: String) -> String? {
        UnknownCommand(in: line.split(separator: " ").map(String.init))?.message
    }

    /// All commands that have subcommands, with the words that lead to them.
    private static func families(
        _ command: any ParsableCommand.Type = Sluice.self,
        _ words: [String] = []
    ) -> [(command: any ParsableCommand.Type, words: [String])] {
        let subcommands = command.configuration.subcommands
        guard !subcommands.isEmpty else { return [] }
        return [(command, words)]
            + subcommands.flatMap { families($0, words + [$0._commandName]) }
    }

    @Test("In every family, a word that is not a subcommand is named, with those that there are")
    func families() throws {
        let families = Self.families().filter { !$0.words.isEmpty }
        #expect(families.count > 12)
        for (command, words) in families {
            // Two words: the default subcommand of a family may take one.
            let line = words + ["lst", "x"]
            let message = try #require(UnknownCommand(in: line)?.message, "\(line)")
            #expect(message.hasPrefix("unknown subcommand \"lst\""), "\(message)")
            for known in command.configuration.subcommands {
                #expect(message.contains(known._commandName), "\(message)")
                #expect(UnknownCommand(in: words + [known._commandName]) == nil)
            }
        }
    }

    @Test("The closest subcommand is suggested")
    func suggestion() throws {
        let text = try #require(message("whitelist lst"))
        #expect(
            text.hasPrefix(
                "unknown subcommand \"lst\" (did you mean list? sluice whitelist has show, list, add, "
            )
        )
        #expect(message("chekc") == "unknown command \"chekc\" (did you mean check?)")
        #expect(message("zzz") == "unknown command \"zzz\" (see sluice --help)")
    }

    @Test(
        "An argument of a family's default subcommand, or of a command, is not a command",
        arguments: [
            "lease AWVA7CM7 --ttl 15m", "lease take AWVA7CM7", "whitelist -w A", "key",
            "whitelist --nonsense lst", "endpoint --watch 2s --json", "lease --ttl 15m A",
            "whitelist add 10.0.0.0/8 10.0.0.1", "examples A", "help whitelist list", "",
        ]
    )
    func arguments(line: String) {
        #expect(message(line) == nil)
    }

    @Test("A subcommand after options is named too, and where it has to be")
    func afterOptions() {
        let misplaced = message("whitelist -w A --json remove 12")
        #expect(
            misplaced == "subcommand \"remove\" comes before options (sluice whitelist remove …)"
        )
        #expect(message("key --limit=3 lst")?.hasPrefix("unknown subcommand \"lst\"") == true)
    }

    @Test("After help too, an unknown command is named")
    func help() {
        #expect(message("help whitelist lst")?.contains("did you mean list?") == true)
        #expect(message("help sessions list x") != nil)
    }
}
