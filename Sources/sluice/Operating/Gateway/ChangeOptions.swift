import ArgumentParser
import Control
import Sockets
import Text

/// What follows from a change.
struct ChangeEffect: Decodable, Hashable {
    var version: Int?
    var closesSessions: Int?
    var warnings: [String]?
    /// Why the change would have to be confirmed; also in answers to changes that were.
    var needsConfirmation: [String]?

    /// What else people should know, one line each.
    ///
    /// - Parameter isTrial: whether nothing was changed.
    func notes(isTrial: Bool) -> [String] {
        (warnings ?? []).map { "warning: \($0)" }
            + (isTrial ? needsConfirmation ?? [] : []).map { "would need --yes: \($0)" }
    }

    /// Prints the notes, apart from the command's result.
    func printNotes(isTrial: Bool) {
        for note in notes(isTrial: isTrial) { StandardError.print("sluice: \(note)") }
    }
}

/// The answer to a change.
protocol ChangeAnswer: Decodable, Sendable {
    /// `nil` if the gateway does not report one.
    var effect: ChangeEffect? { get }
}

/// Part of the policy that one request changes.
protocol ChangedItem: Decodable, Sendable {
    /// Its name in answers.
    static var key: String { get }
}

/// An item after a change, or before it was removed.
struct Changed<Item: ChangedItem>: ChangeAnswer {
    var item: Item?
    var effect: ChangeEffect?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        // `try?`: the change was made, even if what is shown of it is not understood.
        item = try? container.decodeIfPresent(Item.self, forKey: Key(stringValue: Item.key))
        effect = try container.decodeIfPresent(
            ChangeEffect.self,
            forKey: Key(stringValue: "effect")
        )
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

/// How a command changes something: it can be tried first, and is confirmed if it has to be.
struct ChangeOptions: ParsableArguments {
    @Flag(help: "Show what would change, and change nothing.")
    var dryRun = false

    @Flag(name: .shortAndLong, help: "Do not ask for confirmation.")
    var yes = false

    @OptionGroup var management: ManagementOptions

    /// Makes one change and prints it, with its effect.
    ///
    /// - Parameters:
    ///   - request: made once the gateway is found.
    ///   - text: a line about what was changed, in the past tense.
    func make<Answer: ChangeAnswer>(
        _ request: (ManagementClient) async throws -> ManagementRequest,
        as text: (Answer) -> String
    ) async throws {
        let gateway = management.gateway
        try await gateway.run { client in
            let answer: ManagementClient.Answer<Answer> =
                try await send(try await request(client), by: client)
            report(answer, to: gateway, as: text)
        }
    }

    /// Sends one change; asks whether to go ahead if the gateway requires it.
    func send<Answer: ChangeAnswer>(
        _ request: ManagementRequest,
        by client: ManagementClient
    ) async throws -> ManagementClient.Answer<Answer> {
        let trial = dryRun ? [(key: "dryRun", value: "true")] : []
        let confirmation = [(key: "confirm", value: "true")]
        do throws(ManagementClientError) {
            return try await client.send(request.adding(trial + (yes ? confirmation : [])))
        } catch {
            guard !yes, let refusal = error.refusal, refusal.needsConfirmation else { throw error }
            try Confirmation.request(refusal, isPossible: !management.json)
        }
        return try await client.send(request.adding(trial + confirmation))
    }

    /// Prints the answer to a change.
    func report<Answer: ChangeAnswer>(
        _ answer: ManagementClient.Answer<Answer>,
        to gateway: GatewaySession,
        as text: (Answer) -> String
    ) {
        gateway.print(answer) { value in
            ChangeText(text(value), effect: value.effect, isTrial: dryRun).description
        }
        if management.json { return }
        answer.value.effect?.printNotes(isTrial: dryRun)
    }
}

/// A change and its effect for people.
struct ChangeText: CustomStringConvertible {
    let description: String

    init(_ change: String, effect: ChangeEffect?, isTrial: Bool) {
        let closed = effect?.closesSessions ?? 0
        guard isTrial else {
            let sessions = closed > 0 ? "; closes \(closed.of("session"))" : ""
            description = change + sessions + "\n"
            return
        }
        let sessions = closed > 0 ? "; would close \(closed.of("session"))" : ""
        let lines = change.split(separator: "\n", omittingEmptySubsequences: false)
        description =
            "dry run: " + lines.map { Self.wish(String($0)) }.joined(separator: "\n") + sessions
            + "\n"
    }

    /// What commands do, as it is reported afterward and beforehand.
    private static let verbs = [
        "accepted": "accept", "added": "add", "allowed": "allow", "changed": "change",
        "created": "create", "described": "describe", "disabled": "disable", "enabled": "enable",
        "ended": "end", "registered": "register", "rejected": "reject", "released": "release",
        "removed": "remove", "renamed": "rename", "rotated": "rotate", "set": "set",
    ]

    /// `would add …` for `added …`.
    private static func wish(_ line: String) -> String {
        let word = line.prefix { $0 != " " }
        return verbs[String(word)].map { "would \($0)" + line.dropFirst(word.count) } ?? line
    }
}

/// A person's agreement to a change that the gateway does not make otherwise.
enum Confirmation {
    /// Prints the gateway's reasons and asks on the terminal.
    ///
    /// - Parameter isPossible: whether there may be a person to ask.
    /// - Throws: ``CommandFailure`` unless the answer is yes.
    static func request(_ refusal: ManagementRefusal, isPossible: Bool) throws(CommandFailure) {
        if refusal.reasons.isEmpty { StandardError.print("sluice: \(refusal)") }
        for reason in refusal.reasons { StandardError.print("sluice: \(reason)") }
        guard isPossible, File.standardInput.isTerminal, File.standardError.isTerminal else {
            throw CommandFailure(
                "nothing was changed (repeat with --yes to confirm)",
                code: GatewayExit.confirmation
            )
        }
        StandardError.write(raw: "Continue? [y/N] ")
        guard isYes(readLine()) else {
            throw CommandFailure("nothing was changed", code: GatewayExit.confirmation)
        }
    }

    /// Asks on the terminal whether to do something that is not undone.
    ///
    /// - Parameter what: a clause.
    static func ask(_ what: String) throws(CommandFailure) {
        guard File.standardInput.isTerminal, File.standardError.isTerminal else {
            throw CommandFailure(
                "\(what) (repeat with --yes to confirm)",
                code: GatewayExit.confirmation
            )
        }
        StandardError.write(
            raw: "sluice: \(LogText.visible(what, keepsLines: false)). Continue? [y/N] "
        )
        guard isYes(readLine()) else {
            throw CommandFailure("nothing was changed", code: GatewayExit.confirmation)
        }
    }

    static func isYes(_ answer: String?) -> Bool {
        ["y", "yes"].contains(answer?.lowercased().filter { $0 != " " })
    }
}
