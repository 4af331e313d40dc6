import ArgumentParser
import Text

/// A word of a command line that is where a command has to be, and is none.
///
/// The parser itself would hand it to the family's default subcommand, and complain about it or about
/// an argument that follows it, or, after `help`, show the overview and succeed.
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
        let options = arguments.dropFirst(words.count)
        guard !isHelp, let word = command.wordAfter(options: options) else { return nil }
        family = (["sluice"] + words).joined(separator: " ")
        let isKnown = command.configuration.subcommands.contains { $0._commandName == word }
        message =
            isKnown
            ? "subcommand \(word.quoted) comes before options (\(family) \(word) …)"
            : Self.message(word, in: command, family)
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
        let positional = standard.knownArguments.filter { $0["kind"] == "positional" }
        return positional.count >= count || positional.contains { $0["isRepeating"] == true }
    }

    /// The first word that is neither an option nor the value of one, if the default subcommand takes
    /// no such words; `nil` too if an option is unknown, which is the parser's to report.
    fileprivate static func wordAfter(options arguments: ArraySlice<String>) -> String? {
        guard !arguments.isEmpty, !takes(positionalCount: 1) else { return nil }
        let known = configuration.defaultSubcommand?.knownArguments ?? []
        var rest = arguments
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("-") else { return argument }
            if argument.contains("=") { continue }
            guard let option = known.first(where: { $0.isNamed(argument) }) else { return nil }
            if option["kind"] == "option" { _ = rest.popFirst() }
        }
        return nil
    }

    /// What the parser knows of a command's arguments; it only says it in this form.
    private static var knownArguments: [JSONValue] {
        // `try?`: it is JSON; without it, no word is one too many.
        let dump = try? JSONValue(parsing: Array(_dumpHelp().utf8))
        let anything: [JSONValue] = [["kind": "positional", "isRepeating": true]]
        return dump?["command"]?["arguments"]?.array ?? anything
    }
}

extension JSONValue {
    /// Whether an argument as the parser describes it is written like this: `--json`, `-w`.
    fileprivate func isNamed(_ text: String) -> Bool {
        (self["names"]?.array ?? []).contains { name in
            let dashes = name["kind"] == "short" ? "-" : "--"
            return name["name"]?.string.map { dashes + $0 == text } ?? false
        }
    }
}
