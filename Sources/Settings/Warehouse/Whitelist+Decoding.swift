import Addresses
import CIDRTrie
import Policy
public import Text

extension Whitelist {
    /// Reads a warehouse's key `whitelist`; without it the warehouse is open, with a warning if it
    /// has a public link (``AbsentWhitelist``).
    static func decode(_ warehouse: inout Fields, isPublic: Bool) -> Whitelist {
        if let place = warehouse.place("whitelist") {
            return place.mapping(
                insteadOfValue: "mode",
                insteadOfList: "entries",
                remedy: place.node.whitelistRemedy,
                decodeKeys
            ) ?? Whitelist(mode: .nowhere)
        }
        guard case .open(let isWarnedOf) = warehouse.place.decoding.absentWhitelist else {
            return .empty
        }
        if !warehouse.isGiven("whitelist"), isPublic, isWarnedOf {
            warehouse.conclude(
                .warning,
                at: warehouse.place,
                fromAbsenceOf: ["whitelist"],
                "no whitelist: every address is admitted (0.0.0.0/0 and ::/0)",
                remedy: "add whitelist: { mode: specific, entries: [ … ] }"
            )
        }
        return .openToAll
    }

    private static func decodeKeys(_ fields: inout Fields) -> Whitelist? {
        var reader = WhitelistReader()
        let faultCount = fields.place.decoding.faultCount
        let mode = fields.value("mode", default: Mode.specific)
        let entries = fields.place("entries")
        let files = fields.place("files")
        if let entries { reader.readEntries(entries) }
        files?.elements().forEach { reader.readFile($0) }
        // If an entry is missing, nothing follows from the rest.
        let isComplete = fields.place.decoding.faultCount == faultCount
        switch mode {
        case .anywhere? where reader.lists.contains { $0.trie.rules.hasDenials }: break
        case .anywhere?, .nowhere?: mode?.warnOfIdleRules(at: [entries, files])
        case .specific?, nil: warnOfNoRule(in: &fields)
        }
        reader.reportDiagnosis(at: fields.place, isComplete: isComplete && mode == .specific)
        return mode.map { Whitelist(mode: $0, lists: reader.lists) }
    }

    private static func warnOfNoRule(in fields: inout Fields) {
        guard fields.isEmptyList("entries"), fields.isEmptyList("files") else { return }
        fields.conclude(
            .warning,
            at: fields.place,
            fromAbsenceOf: ["entries", "files", "mode"],
            "no rules: the public links admit no clients"
        )
    }
}

extension ConfigurationNode {
    /// `whitelist: 10.0.0.0/8`, `whitelist: office.cidrs`: what to write instead.
    fileprivate var whitelistRemedy: String? {
        guard case .scalar(let text) = content, text.utf8.count <= 64 else { return nil }
        // `try?`: anything else has the remedy of any other mapping.
        if (try? AddressRange(parsing: text)) != nil {
            return "write { entries: [ \(text.asYAML) ] }"
        }
        let isPath = text.contains("/") || text.contains(".")
        return isPath ? "write { files: [ \(text.asYAML) ] }" : nil
    }
}

extension Whitelist.Mode: ConfigurationWord {
    static var synonyms: [String: Self] {
        [
            "any": .anywhere, "all": .anywhere, "everywhere": .anywhere, "open": .anywhere,
            "none": .nowhere, "closed": .nowhere, "list": .specific, "allow": .specific,
        ]
    }

    fileprivate func warnOfIdleRules(at places: [Place?]) {
        for place in places {
            place?.warning("has no effect while mode is \(rawValue)", remedy: "set mode: specific")
        }
    }
}

extension Action: ConfigurationWord {
    /// The actions' spellings in list files, which other programs use too.
    static var synonyms: [String: Action] {
        verdicts.merging(["true": .allow, "yes": .allow, "false": .deny, "no": .deny]) { own, _ in
            own
        }
    }
}

/// A set of addresses that covers a large part of one family's internet.
struct AddressOpenness {
    /// The share from which there is a warning.
    private static let limit = 0.5

    let family: IPFamily
    /// As ``/CIDRTrie/AddressSet/shareOfInternet``.
    private let share: Double

    /// `nil` for a set with less.
    init?(_ family: IPFamily, share: Double) {
        guard share >= Self.limit else { return nil }
        self.family = family
        self.share = share
    }

    /// For each family that `blocks` open together, even in halves.
    static func all(of blocks: [CIDRBlock]) -> [AddressOpenness] {
        IPFamily.allCases.compactMap { family in
            let set = AddressSet(of: blocks, family: family)
            return AddressOpenness(family, share: set.shareOfInternet)
        }
    }

    var isWhole: Bool { share == 1 }

    /// The addresses it admits, as the subject of a sentence.
    var subject: String {
        if isWhole { return "any \(family) address" }
        return share > 0.99
            ? "nearly any \(family) address" : "\(Int(share * 100))% of all \(family) addresses"
    }
}
