import CIDRTrie

extension Whitelist {
    /// Reads a warehouse's key `whitelist`; without it the warehouse starts open, under a warning
    /// where a public link makes it matter.
    static func decode(_ warehouse: inout Fields, for listeners: [Listener]) -> Whitelist {
        if let place = warehouse.place("whitelist") {
            return place.mapping(insteadOfValue: "mode", insteadOfList: "entries", decodeKeys)
                ?? Whitelist(mode: .nowhere)
        }
        if !warehouse.isGiven("whitelist"), listeners.contains(where: { $0.link == .public }) {
            warehouse.place.warning(
                "no whitelist: every address is admitted (0.0.0.0/0 and ::/0)",
                remedy: "add whitelist: { mode: specific, entries: [ … ] }"
            )
        }
        return .openToAll
    }

    private static func decodeKeys(_ fields: inout Fields) -> Whitelist? {
        var reader = RuleReader()
        let mode = fields.value("mode", default: Mode.specific)
        let entries = fields.place("entries")
        let files = fields.place("files")
        entries?.elements().forEach { reader.readEntry($0) }
        files?.elements().forEach { reader.readFile($0) }
        let ruleSet = reader.ruleSet()
        guard let mode else { return nil }
        switch mode {
        case .anywhere, .nowhere: mode.warnOfIdleRules(at: [entries, files])
        case .specific:
            warnOfNoRule(in: fields)
            if let ruleSet { reader.reportDiagnosis(of: ruleSet, at: fields.place) }
        }
        return Whitelist(mode: mode, rules: reader.rules, lists: reader.lists)
    }

    private static func warnOfNoRule(in fields: Fields) {
        if fields.isEmptyList("entries"), fields.isEmptyList("files") {
            fields.place.warning("no rule: the public links admit nobody")
        }
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
            place?.warning("does not count while mode is \(rawValue)", remedy: "mode: specific")
        }
    }
}

extension Action: ConfigurationWord {
    static var synonyms: [String: Action] {
        [
            "permit": .allow, "accept": .allow, "pass": .allow,
            "block": .deny, "reject": .deny, "drop": .deny, "forbid": .deny,
        ]
    }
}
