import Addresses
import Text

/// Reads a mapping key by key, and remembers the keys that were read: all others are unknown.
struct Fields {
    let place: Place
    private var values: [String: ConfigurationNode.Entry] = [:]
    private var knownKeys: [String] = []
    private var conclusions: [Conclusion] = []
    /// What an unknown key means in this mapping in particular; tried before all other guesses.
    var guess: (ConfigurationNode.Entry) -> KeyGuess? = { _ in nil }
    /// A value that required keys may have, for remedies.
    var example: String?

    /// A finding that holds only if `keys` are really absent, and not just misspelt.
    fileprivate struct Conclusion {
        let severity: ConfigurationFinding.Severity
        let place: Place
        let keys: [String]
        let message: String
        let remedy: String?
    }

    /// A duplicate key is an error; the first one counts.
    init(of entries: [ConfigurationNode.Entry], at place: Place) {
        self.place = place
        for entry in entries {
            if let first = values[entry.key] {
                keyPlace(of: entry).error(
                    "duplicate key, first defined on line \(first.keyPosition.line)",
                    remedy: "remove one of the two"
                )
            } else {
                values[entry.key] = entry
            }
        }
    }

    /// Whether the key is there, with or without a value.
    func isGiven(_ key: String) -> Bool { values[key] != nil }

    /// Whether a list's key is missing, or the list has no elements. An invalid value does not
    /// count as empty.
    func isEmptyList(_ key: String) -> Bool {
        values[key].map { $0.value.content == .sequence([]) && !$0.value.isIncomplete } ?? true
    }

    /// Whether the key is missing because it is misspelt, or because the file could not be read that
    /// far.
    func isProbablyLost(_ key: String) -> Bool {
        if let entry = values[key] { return entry.value.isIncomplete }
        return place.node.isIncomplete
            || values.keys.contains { Suggestion.closest(to: $0, among: [key]) != nil }
    }

    /// The place of `key`'s value; `nil` if the key is missing, or if it has no value, which is an
    /// error: a list with every line commented out must not silently become the default.
    mutating func place(_ key: String) -> Place? {
        knownKeys.append(key)
        guard let entry = values[key] else { return nil }
        guard entry.value.content != .empty else {
            keyPlace(of: entry).error("has no value", remedy: "add a value, or remove the key")
            return nil
        }
        return Place(node: entry.value, path: path(of: key), decoding: place.decoding)
    }

    /// The place of `key`'s value; a missing key is an error.
    mutating func requiredPlace(_ key: String) -> Place? {
        let missing = Place(node: place.node, path: path(of: key), decoding: place.decoding)
        if !isGiven(key) {
            let remedy = example.map { "add \(key): \($0)" } ?? "add the key \(key)"
            conclude(.error, at: missing, fromAbsenceOf: [key], "missing", remedy: remedy)
        }
        return place(key)
    }

    /// Reports, once all keys are read, what follows from the absence of `keys`: not if an unknown
    /// key was probably meant to be one of them, because that is reported already.
    mutating func conclude(
        _ severity: ConfigurationFinding.Severity,
        at place: Place,
        fromAbsenceOf keys: [String],
        _ message: String,
        remedy: String? = nil
    ) {
        conclusions.append(
            Conclusion(
                severity: severity,
                place: place,
                keys: keys,
                message: message,
                remedy: remedy
            )
        )
    }

    /// Reports each key that was not read, and then the conclusions. Call it last.
    func finish() {
        let unknown = values.values.filter { !knownKeys.contains($0.key) }
        let guesses = unknown.map { entry in
            place.decoding.showsMore ? keyGuess(for: entry) : KeyGuess(keys: [], remedy: nil)
        }
        for (entry, guess) in zip(unknown, guesses) {
            keyPlace(of: entry).error("unknown key", remedy: guess.remedy)
        }
        for conclusion in conclusions where !place.node.isIncomplete {
            let isDoubtful = guesses.contains { guess in
                guess.mayMean(anyOf: conclusion.keys) || guess.keys == [] && !conclusion.isError
            }
            if !isDoubtful { conclusion.report() }
        }
    }

    private func keyGuess(for entry: ConfigurationNode.Entry) -> KeyGuess {
        guess(entry)
            ?? KeyGuess(for: entry, among: knownKeys) { isGiven($0) }
            ?? KeyGuess(keys: [], remedy: "expected one of \(knownKeys.joined(separator: ", "))")
    }

    private func keyPlace(of entry: ConfigurationNode.Entry) -> Place {
        let key = ConfigurationNode(.scalar(entry.key), at: entry.keyPosition)
        return Place(node: key, path: path(of: entry.key), decoding: place.decoding)
    }

    /// A key that no part of the configuration has may be any text: it is quoted.
    private func path(of key: String) -> String {
        let step = key[...].isName ? key : key.quoted
        return place.path.isEmpty ? step : "\(place.path).\(step)"
    }
}

extension Fields.Conclusion {
    var isError: Bool { severity == .error }

    func report() {
        switch severity {
        case .error: place.error(message, remedy: remedy)
        case .warning: place.warning(message, remedy: remedy)
        }
    }
}

extension Fields {
    /// The value of `key`; `nil` if it is missing or invalid.
    mutating func optional<Value: ConfigurationScalar>(
        _ key: String,
        as type: Value.Type = Value.self
    ) -> Value? {
        place(key)?.scalar(type)
    }

    /// The value of `key`; a missing key is an error.
    mutating func required<Value: ConfigurationScalar>(
        _ key: String,
        as type: Value.Type = Value.self
    ) -> Value? {
        requiredPlace(key)?.scalar(type)
    }

    /// The value of `key`, or `standard` if it is missing; `nil` if it is invalid, so that nothing
    /// is concluded from a value that was not intended.
    mutating func value<Value: ConfigurationScalar>(
        _ key: String,
        default standard: Value
    ) -> Value? {
        guard isGiven(key) else {
            knownKeys.append(key)
            return standard
        }
        return optional(key)
    }

    /// Overwrites a default with the value of `key`.
    ///
    /// - Returns: the place of the value; `nil` if the default stays.
    @discardableResult
    mutating func read<Value: ConfigurationScalar>(
        _ key: String,
        into value: inout Value
    ) -> Place? {
        guard let place = place(key), let given = place.scalar(Value.self) else { return nil }
        value = given
        return place
    }

    /// The same for a value with a minimum and a maximum; outside of them it is an error.
    @discardableResult
    mutating func read<Value: ConfigurationAmount>(
        _ key: String,
        into value: inout Value,
        within range: ClosedRange<Value>
    ) -> Place? {
        guard let place = place(key), let given = place.scalar(Value.self) else { return nil }
        guard range.contains(given) else {
            let (least, most) = (range.lowerBound, range.upperBound)
            place.error(
                "must be between \(least.configurationText) and \(most.configurationText), "
                    + "found \(given.configurationText)"
            )
            return nil
        }
        value = given
        return place
    }

    /// The blocks of the list at `key`; none if it is missing.
    mutating func blocks(_ key: String) -> [CIDRBlock] {
        place(key)?.blocks() ?? []
    }

    /// The elements of the list at `key`; none if it is missing.
    mutating func elements(_ key: String) -> [Place] {
        place(key)?.elements() ?? []
    }
}
