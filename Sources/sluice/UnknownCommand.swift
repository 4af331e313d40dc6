import ArgumentParser
import Text

/// A word of a command line that is where a command has to be, and is none.
///
/// The parser itself would hand it to the family's default subcommand, and complain about an argument
/// that follows it, or, after `help`, show the overview and succeed.
struct UnknownCommand {
    /// What would have the command as a subcommand: `sluice whitelist`.
    let family: String
    let message: String

    /// - Parameter arguments: without the program's name.
    init?(in arguments: [String]) {
        let isHelp = arguments.first == "help"
        let words =
            isHelp
            ? arguments.dropFirst().filter { !$0.hasPrefix("-") }
            : Array(arguments.prefix { !$0.hasPrefix("-") })
        var command: any ParsableCommand.Type = Sluice.self
        for (index, word) in words.enumerated() {
            let configuration = command.configuration
            if let next = configuration.subcommands.first(where: { $0._commandName == word }) {
                command = next
                continue
            }
            let rest = words.count - index
            if !isHelp, configuration.subcommands.isEmpty || command.takes(positionalCount: rest) {
                return nil
            }
            let path = words.prefix(index)
            family = (["sluice"] + path).joined(separator: " ")
            message = Self.message(word, in: command, family)
            return
        }
        return nil
    }

    private static func message(
        _ word: String,
        in command: any ParsableCommand.Type,
        _ family: String
    ) -> String {
        let known = command.configuration.subcommands.map { $0._commandName }
        let meant = Suggestion.closest(to: word, among: known).map { "did you mean \($0)?" }
        if command == Sluice.self {
            return "unknown command \(word.quoted) (\(meant ?? "see sluice --help"))"
        }
        guard !known.isEmpty else {
            return "\(family) has no subcommands, found \(word.quoted)"
        }
        let all = "\(family) has \(known.joined(separator: ", "))"
        return "unknown subcommand \(word.quoted) (\(meant.map { "\($0) " } ?? "")\(all))"
    }
}

extension ParsableCommand {
    /// Whether this many words that are not options may belong to the default subcommand.
    fileprivate static func takes(positionalCount count: Int) -> Bool {
        guard let standard = configuration.defaultSubcommand else { return false }
        // What the parser knows of a command's arguments it only says in this form. `try?`: it is
        // JSON; without it, the parser itself judges.
        guard let dump = try? JSONValue(parsing: Array(standard._dumpHelp().utf8)) else {
            return true
        }
        let positional = (dump["command"]?["arguments"]?.array ?? [])
            .filter { $0["kind"] == "positional" }
        return positional.count >= count || positional.contains { $0["isRepeating"] == true }
    }
}
