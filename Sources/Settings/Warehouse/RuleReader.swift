import Addresses
import CIDRTrie
import Text
import Time

/// Reads a whitelist's rules from its entries and files, and remembers where each of them stands.
struct RuleReader {
    private(set) var rules: [Rule] = []
    /// The files that came compiled.
    private(set) var lists: [CompiledTrie] = []
    /// For each rule, its origin.
    private(set) var origins: [RuleOrigin] = []
    private(set) var sources: [RuleSource] = []

    /// Reads one of the list `entries`: a mapping, or a text as in a line of a list file.
    mutating func readEntry(_ place: Place) {
        if case .scalar(let text) = place.node.content {
            return readLine(text, at: place)
        }
        place.keys { fields in
            fields.guess = { $0.shortRule }
            let blockPlace = fields.requiredPlace("cidr")
            let range: AddressRange? = blockPlace?.scalar()
            var action = Action.allow
            var description = ""
            fields.read("action", into: &action)
            fields.read("description", into: &description)
            let expiryPlace = fields.place("expires")
            let expiry = expiryPlace.flatMap(Self.expiry)
            if expiryPlace == nil, DescribedExpiry.isFound(in: description.lowercased()) {
                fields.conclude(
                    .warning,
                    at: fields.place,
                    fromAbsenceOf: ["expires"],
                    "the description looks like an expiry, but has no effect",
                    remedy: "add expires: 2027-01-01T00:00:00Z, with the time that is meant"
                )
            }
            guard let range, let blockPlace else { return }
            let rules = range.blocks.map {
                Rule(block: $0, action: action, description: description, expiry: expiry)
            }
            append(rules, at: blockPlace)
        }
    }

    private mutating func readLine(_ text: String, at place: Place) {
        let list = CIDRList(parsing: text.utf8.span)
        if let fault = list.faults.first {
            return place.fault(
                "found \(text.quoted): \(fault.reason.problem)",
                remedy: fault.reason.remedy
            )
        }
        guard list.lines.last == 1 else {
            return place.fault("expected an address or a CIDR block, found \(text.quoted)")
        }
        append(list.rules, at: place)
    }

    private mutating func append(_ rules: [Rule], at place: Place) {
        let line = place.node.position.line
        append(rules, lines: rules.map { _ in line }, from: RuleSource(place))
    }

    mutating func append(_ list: CompiledTrie) {
        lists.append(list)
    }

    mutating func append(_ rules: [Rule], lines: [Int], from source: RuleSource) {
        guard source.claimRoom(forRules: rules.count) else { return }
        self.rules += rules
        origins += lines.map { RuleOrigin(source: sources.count, line: $0) }
        sources.append(source)
    }

    private static func expiry(at place: Place) -> UnixTime? {
        guard let expiry: UnixTime = place.scalar() else { return nil }
        if expiry <= place.decoding.now {
            place.warning("has expired: the entry says nothing any more", remedy: "remove it")
        }
        return expiry
    }
}

extension RuleReader {
    /// The rules without contradiction. Rules of which one contradicts or repeats the other are
    /// reported at the later one's place; where one contradicts, there is no set.
    func ruleSet() -> RuleSet? {
        do throws(RuleConflict) {
            let ruleSet = try RuleSet(rules)
            for duplicate in ruleSet.duplicates { report(duplicate) }
            return ruleSet
        } catch {
            for clash in error.clashes { report(clash) }
            return nil
        }
    }

    private func report(_ clash: RuleConflict.Clash) {
        let (first, second) = (origins[clash.first], origins[clash.second])
        sources[second.source].report(
            .error,
            line: second.line,
            "\(clash.block) is both allowed and denied: see "
                + sources[first.source].reference(toLine: first.line),
            remedy: "remove one of the two"
        )
    }

    /// Only of entries: long lists are often put together from several ones.
    private func report(_ duplicate: RuleDuplicate) {
        let (kept, dropped) = (origins[duplicate.kept], origins[duplicate.dropped])
        guard sources[dropped.source].file == nil else { return }
        sources[dropped.source].report(
            .warning,
            line: dropped.line,
            "does not count: said already by "
                + sources[kept.source].reference(toLine: kept.line),
            remedy: "remove one of the two"
        )
    }
}

extension ConfigurationNode.Entry {
    /// `allow: 10.0.0.0/8`, `10.0.0.0/8: Lisbon`: an entry of which the key is a part.
    fileprivate var shortRule: KeyGuess? {
        guard case .scalar(let text) = value.content, text.utf8.count <= 64 else { return nil }
        if let action = Action.verdicts[key.lowercased()] {
            let suffix = action == .allow ? "" : ", action: \(action)"
            return KeyGuess(keys: ["cidr"], remedy: "write { cidr: \(text.asYAML)\(suffix) }")
        }
        // `try?`: only whether it is one counts.
        guard key.utf8.count <= 64, (try? AddressRange(parsing: key)) != nil else { return nil }
        let action = Action.verdicts[text.lowercased()]
        let rest = action.map { "action: \($0)" } ?? "description: \(text.asYAML)"
        return KeyGuess(keys: ["cidr"], remedy: "write { cidr: \(key.asYAML), \(rest) }")
    }
}
