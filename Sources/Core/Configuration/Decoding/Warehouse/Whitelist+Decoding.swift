import CIDRTrie

extension Whitelist {
    /// Reads a warehouse's key `whitelist`; without it the warehouse starts open, under a warning
    /// where a public link makes it matter.
    static func decode(_ warehouse: inout Fields, for listeners: [Listener]) -> Whitelist {
        if let place = warehouse.place("whitelist") {
            return place.mapping(decodeKeys) ?? Whitelist(mode: .nowhere)
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
        reader.reportClashes()
        guard let mode else { return nil }
        let whitelist = Whitelist(mode: mode, rules: reader.rules)
        switch mode {
        case .anywhere, .nowhere: mode.warnOfIdleRules(at: [entries, files])
        case .specific: whitelist.warnOfGaps(in: fields)
        }
        return whitelist
    }

    private func warnOfGaps(in fields: Fields) {
        let place = fields.place
        if fields.isEmptyList("entries"), fields.isEmptyList("files") {
            place.warning("no rule: the public links admit nobody")
        }
        let all = rules.filter { $0.block.prefixLength == 0 && $0.action == .allow }.map(\.block)
        switch (all.contains(.allIPv4), all.contains(.allIPv6)) {
        case (true, false):
            place.warning("0.0.0.0/0 does not cover IPv6", remedy: "add ::/0 if that is meant")
        case (false, true):
            place.warning("::/0 does not cover IPv4", remedy: "add 0.0.0.0/0 if that is meant")
        case (true, true), (false, false):
            break
        }
    }
}

extension Whitelist.Mode: ConfigurationWord {
    fileprivate func warnOfIdleRules(at places: [Place?]) {
        for place in places {
            place?.warning("does not count while mode is \(rawValue)", remedy: "mode: specific")
        }
    }
}

extension Action: ConfigurationWord {}
