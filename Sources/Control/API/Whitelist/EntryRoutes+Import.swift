import Addresses
import CIDRTrie
import Hummingbird
import Policy
import Store
import Text
import Time

/// A list as people keep it in a file.
private struct ImportedText: APIBody {
    static let fields = [
        "text", "mode", "action", "description", "expiresAt", "service", "version",
    ]

    /// One address, block or range a line, and a comment (`CIDRList`).
    var text: String
    var mode: String?
    /// What happens to the addresses of lines that do not say so with `!`.
    var action: String?
    /// Of lines without one.
    var description: String?
    /// Of all entries.
    var expiresAt: String?
    var service: String?
    var version: UInt64?

    func parsedMode() throws -> ImportMode {
        guard let mode else { return .add }
        guard let known = ImportMode(rawValue: mode) else {
            throw RequestError.invalid(
                "mode",
                "expected add, update or replace, found \(mode.quoted)"
            )
        }
        return known
    }
}

extension EntryRoutes {
    func importList(_ call: APICall, _ owner: @escaping Owner) async throws -> Response {
        try call.allowParameters(Self.writeParameters)
        let bytes = try await call.bytes(.list)
        let body = try call.decode(ImportedText.self, from: bytes)
        let list = try owner(call, EntryField.service(body.service))
        let mode = try body.parsedMode()
        let (action, expiry) = (
            try EntryField.action(body.action), try EntryField.moment(body.expiresAt, "expiresAt")
        )
        let editor = call.principal.name
        // A long list takes seconds.
        let read = try await BlockingWork.run {
            var read = ImportedList(
                of: body.text.utf8.span,
                action,
                description: body.description ?? "",
                expiry: expiry
            )
            read.sign(by: editor, at: .systemTime)
            return read
        }
        guard read.errorCount == 0 else { return try refuse(call, read) }
        return try await writes.write(call, bytes) { transaction in
            try transaction.checkVersion(body.version, of: list)
            let version = try transaction.version(of: list)
            // What covers an entry may be removed by a replacement.
            let warnings =
                mode == .replace
                ? [] : try transaction.redundancies(of: read.entries, in: list)
            let result = try transaction.importEntries(read.entries, into: list, mode: mode)
            var answer = WriteAnswer(
                try result.members(lines: read.lines, in: list, at: transaction.now)
            )
            answer.seenVersion = version
            answer.warnings = warnings
            return answer
        }
    }

    /// Nothing is imported while there are errors.
    private func refuse(_ call: APICall, _ list: ImportedList) throws -> Response {
        var envelope = Envelope(id: call.id, data: ["errors": list.errors])
        envelope.success = false
        envelope.code = "InvalidList"
        envelope.message =
            "The list has \(list.errorCount.of("error")), first in line \(list.errors[0].line):"
            + " \(list.errors[0].message). Nothing was imported."
        return try envelope.response(status: .badRequest)
    }
}

// MARK: - Reading

/// A line that cannot be imported.
struct ImportError: Encodable, Hashable {
    let line: Int
    let text: String
    let message: String
}

/// The entries that a text gives, or what is wrong with it.
struct ImportedList: Sendable {
    /// At most ``EntryLimits/perList``, no two with the same block.
    private(set) var entries: [WhitelistEntry] = []
    /// For each entry the line on which it is, counted from 1.
    private(set) var lines = CIDRList.LineNumbers()
    /// The first ``shownErrors``, in the order of their lines.
    private(set) var errors: [ImportError] = []
    /// All of them.
    private(set) var errorCount = 0

    static let shownErrors = 1_000
    /// Of an invalid line; in bytes.
    private static let shownText = 200

    /// - Parameters:
    ///   - action: of lines without `!`.
    ///   - description: of lines without one.
    ///   - expiry: of all entries.
    init(
        of text: Span<UInt8>,
        _ action: Action,
        description: String = "",
        expiry: UnixTime? = nil,
        ruleLimit: Int = EntryLimits.perList
    ) {
        var places: [CIDRBlock: Int] = [:]
        var clashes: [(line: Int, message: String)] = []
        let faults = CIDRList.forEachEntry(in: text, ruleLimit: ruleLimit) { rule, line, range in
            var rule = rule
            if action == .deny { rule.action = .deny }
            if rule.description.isEmpty { rule.description = description }
            rule.expiry = expiry
            // Of several lines with the same block the first one counts, unless they disagree.
            if let place = places[rule.block] {
                guard entries[place].rule.action != rule.action else { return }
                clashes.append(
                    (line, "\(rule.block) is both allowed and denied (see line \(lines[place]))")
                )
                return
            }
            places[rule.block] = entries.count
            let written = text.extracting(range)
            entries.append(WhitelistEntry(rule, text: Self.text(written, of: rule.block)))
            lines.append(line)
        }
        let found = faults.map { (line: $0.line, message: Self.message(of: $0.reason)) } + clashes
        guard !found.isEmpty else { return }
        (entries, lines) = ([], CIDRList.LineNumbers())
        errorCount = found.count
        let shown = found.sorted { $0.line < $1.line }.prefix(Self.shownErrors)
        let texts = CIDRList.texts(ofLines: shown.map(\.line), in: text, limit: Self.shownText)
        errors = zip(shown, texts).map { ImportError(line: $0.line, text: $1, message: $0.message) }
    }

    /// Names who has made the entries.
    mutating func sign(by editor: String, at moment: UnixTime) {
        for index in entries.indices {
            (entries[index].editor, entries[index].editedAt) = (editor, moment)
        }
    }

    /// An address or a block as it was written, without blanks; the block itself for a part of a
    /// range.
    private static func text(_ written: Span<UInt8>, of block: CIDRBlock) -> String? {
        // `try?`: what is not an address may be a block.
        let isWhole =
            (try? IPAddress(parsing: written)) != nil || (try? CIDRBlock(parsing: written)) != nil
        return isWhole ? String(decoding: written.indices.map { written[$0] }, as: UTF8.self) : nil
    }

    private static func message(of reason: CIDRListError.Reason) -> String {
        // A list's own remedy is for the configuration.
        guard case .expiry = reason else { return "\(reason)" }
        return
            "\(reason.problem) (import the entries that expire as a list of their own, with expiresAt"
            + " or --expires; or write # before a description)"
    }
}

// MARK: - Answering

/// An imported or removed entry, as an answer shows it.
private struct ImportedEntryView: Encodable {
    struct State: Encodable {
        let cidr: String
        let action: Action
        let description: String
        let enabled: Bool
        let expiresAt: UnixTime?

        init(_ entry: WhitelistEntry) {
            cidr = entry.text
            action = entry.rule.action
            description = entry.rule.description
            enabled = entry.isEnabled
            expiresAt = entry.rule.expiry
        }
    }

    let outcome: String
    let entryId: String?
    let cidr: String
    /// Of the text; `nil` for a removed entry.
    let line: Int?
    let differences: [String]
    /// As it was in the list.
    let listed: State?
    let imported: State?
}

extension ImportResult {
    /// As an answer shows it.
    fileprivate func members(
        lines: CIDRList.LineNumbers,
        in reference: ListReference,
        at now: UnixTime
    ) throws -> [String: JSONValue] {
        let views = items.map { item in
            ImportedEntryView(
                outcome: item.outcome.rawValue,
                entryId: item.id.map { "\(reference.reference(to: $0))" },
                cidr: (item.imported ?? item.listed)?.text ?? "",
                line: item.position.map { lines[$0] },
                differences: item.differences.map(\.rawValue),
                listed: item.listed.map(ImportedEntryView.State.init),
                imported: item.imported.map(ImportedEntryView.State.init)
            )
        }
        var members: [String: JSONValue] = [
            "errors": .array([]), "entries": try JSONValue(encoding: views),
        ]
        for outcome in Outcome.allCases {
            members[outcome.rawValue] = .integer(count(outcome))
        }
        return members
    }
}

extension StoreTransaction {
    /// A longer import is not searched for entries without effect.
    private static let checkedCount = 100

    /// Why some of the entries that are not in the list would have no effect.
    fileprivate func redundancies(
        of entries: [WhitelistEntry],
        in reference: ListReference
    ) throws -> [String] {
        guard entries.count <= Self.checkedCount else { return [] }
        let list = try list(reference)?.list
        return try entries.filter { list?.id(of: $0.rule.block) == nil }.compactMap { entry in
            try redundancy(of: entry, in: reference).map { "\(entry.text) is \($0)" }
        }
    }
}
