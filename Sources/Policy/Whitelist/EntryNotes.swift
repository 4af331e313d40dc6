import Addresses
import CIDRTrie
import Time

/// What the entries of a list have in addition to their rules, by index. A column without values is
/// empty.
public struct EntryNotes: Hashable, Sendable, Codable {
    /// The identity of each entry, if it is not its index.
    private var numbers = NumberColumn()
    private(set) var nextNumber: UInt32
    /// How each entry was written: one of ``Form``, or the index of its text in ``texts`` plus
    /// the number of forms.
    private var forms: [UInt32] = []
    private var texts: [String] = []
    /// The place of each entry's editor in ``editors`` plus 1; 0 for none.
    private var editorPlaces: [UInt32] = []
    private var editors: [String] = []
    /// Seconds since 1970; 0 if unknown.
    private var edited: [Int64] = []

    /// Texts that follow from the block.
    private enum Form: UInt32 {
        /// `203.0.113.0/24`
        case block
        /// `203.0.113.7`
        case address
        static let count: UInt32 = 2
    }

    /// The notes of `count` entries that have none.
    init(count: Int) {
        nextNumber = UInt32(truncatingIfNeeded: count)
    }
}

extension EntryNotes {
    /// Shortens each column to its last entry with a value.
    mutating func trim() {
        forms.trim(Form.block.rawValue)
        editorPlaces.trim(0)
        edited.trim(0)
    }

    /// Whether these can be the notes of a list whose indices are below `end`.
    func isValid(for end: Int) -> Bool {
        let implicit = numbers.count..<max(end, numbers.count)
        let all = Set(numbers.values).union(implicit.map { UInt32(truncatingIfNeeded: $0) })
        let areUnique = all.count == numbers.count + implicit.count
        let hasTexts = forms.allSatisfy { $0 < Int(Form.count) + texts.count }
        let hasEditors = editorPlaces.allSatisfy { $0 <= editors.count }
        return areUnique && hasTexts && hasEditors && all.allSatisfy { $0 < nextNumber }
    }
}

// MARK: - Identities

extension EntryNotes {
    func id(at index: Int) -> EntryID {
        EntryID(number: numbers[index])
    }

    func index(of id: EntryID) -> Int? {
        numbers.index(of: id.number) ?? index(beyondColumn: id)
    }

    /// Beyond the column's end, an entry's number is its index.
    private func index(beyondColumn id: EntryID) -> Int? {
        id.number < numbers.count ? nil : Int(id.number)
    }

    /// The places of several entries: one pass, if each of them would need one.
    ///
    /// - Returns: `nil` if ``index(of:)`` is faster.
    func indices(of ids: some Collection<EntryID>) -> [EntryID: Int]? {
        guard ids.count > 16, !numbers.areAscending else { return nil }
        var indices = Dictionary(ids.map { ($0, index(beyondColumn: $0)) }) { first, _ in first }
        for (index, number) in numbers.values.enumerated() {
            let id = EntryID(number: number)
            if indices[id] != nil { indices[id] = .some(index) }
        }
        return indices.compactMapValues(\.self)
    }

    /// Gives the entry at `index`, which is new there, a number that no entry has had.
    mutating func assignID(at index: Int) -> EntryID {
        let number = max(nextNumber, UInt32(truncatingIfNeeded: index))
        nextNumber = number + 1
        numbers.set(number, at: index)
        return EntryID(number: number)
    }

    /// Gives the entries of a list that is being made the identities that they had before.
    mutating func restore(_ numbers: [UInt32], nextNumber: UInt32) {
        self.numbers = NumberColumn(numbers)
        precondition(self.numbers.areUnique, "two entries have the same identity")
        precondition(
            numbers.allSatisfy { $0 < nextNumber },
            "an entry's number is not below the next one's"
        )
        self.nextNumber = nextNumber
    }
}

/// The numbers of entries by index, as far as they are not the index itself.
private struct NumberColumn: Sendable {
    /// Beyond the end, a number is its index.
    private(set) var values: [UInt32]
    /// Whether each is greater than the one before, so that they can be searched.
    private(set) var areAscending: Bool

    /// - Parameter values: the numbers of the first entries.
    init(_ values: [UInt32] = []) {
        let areIndices = values.enumerated().allSatisfy { $0.offset == $0.element }
        self.values = areIndices ? [] : values
        areAscending = zip(values, values.dropFirst()).allSatisfy { $0 < $1 }
    }

    var count: Int { values.count }

    var areUnique: Bool { areAscending || Set(values).count == values.count }

    subscript(index: Int) -> UInt32 {
        index < values.count ? values[index] : UInt32(truncatingIfNeeded: index)
    }

    /// - Complexity: O(log *n*) if the numbers are ascending, else O(*n*).
    func index(of number: UInt32) -> Int? {
        guard areAscending else { return values.firstIndex(of: number) }
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if values[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low < values.count && values[low] == number ? low : nil
    }

    mutating func set(_ number: UInt32, at index: Int) {
        guard !values.isEmpty || number != index else { return }
        while values.count < index { append(UInt32(truncatingIfNeeded: values.count)) }
        if index == values.count { return append(number) }
        values[index] = number
        let isAfter = index == 0 || values[index - 1] < number
        let isBefore = index + 1 == values.count || number < values[index + 1]
        areAscending = areAscending && isAfter && isBefore
    }

    private mutating func append(_ number: UInt32) {
        areAscending = areAscending && (values.last.map { $0 < number } ?? true)
        values.append(number)
    }
}

extension NumberColumn: Hashable {
    static func == (left: Self, right: Self) -> Bool { left.values == right.values }

    func hash(into hasher: inout Hasher) { hasher.combine(values) }
}

/// Encoded as an array.
extension NumberColumn: Codable {
    init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode([UInt32].self))
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(values)
    }
}

// MARK: - Entries

extension EntryNotes {
    func entry(_ rule: Rule, isEnabled: Bool, at index: Int) -> WhitelistEntry {
        let form = forms.element(at: index) ?? Form.block.rawValue
        let text =
            switch Form(rawValue: form) {
            case .block: rule.block.description
            case .address: rule.block.network.description
            case nil: texts[Int(form - Form.count)]
            }
        let editor = editorPlaces.element(at: index) ?? 0
        let moment = edited.element(at: index) ?? 0
        return WhitelistEntry(
            rule,
            text: text,
            isEnabled: isEnabled,
            editor: editor == 0 ? "" : editors[Int(editor) - 1],
            editedAt: moment == 0 ? nil : UnixTime(seconds: moment)
        )
    }

    /// The text of an entry that does not follow from its block.
    func text(at index: Int) -> String? {
        let form = forms.element(at: index) ?? Form.block.rawValue
        return form < Form.count ? nil : texts[Int(form - Form.count)]
    }

    /// Whether an entry was written as an address, without a prefix length.
    func isAddress(at index: Int) -> Bool { forms.element(at: index) == Form.address.rawValue }

    mutating func set(_ entry: WhitelistEntry, at index: Int) {
        nextNumber = max(nextNumber, UInt32(truncatingIfNeeded: index) + 1)
        forms.set(form(of: entry), at: index, unless: Form.block.rawValue)
        editorPlaces.set(editorPlace(of: entry.editor), at: index, unless: 0)
        edited.set(entry.editedAt?.seconds ?? 0, at: index, unless: 0)
    }

    private mutating func form(of entry: WhitelistEntry) -> UInt32 {
        if entry.text == entry.rule.block.description { return Form.block.rawValue }
        if entry.text == entry.rule.block.network.description { return Form.address.rawValue }
        // A range gives several blocks in a row, which share its text.
        if texts.last != entry.text { texts.append(entry.text) }
        return UInt32(truncatingIfNeeded: texts.count - 1) + Form.count
    }

    /// Frees the texts of entries that were changed or removed, once they outnumber the others.
    mutating func dropUnusedTexts() {
        guard texts.count > 64 else { return }
        let used = Set(forms.filter { $0 >= Form.count })
        guard texts.count > 2 * used.count else { return }
        let kept = used.sorted()
        var places: [UInt32: UInt32] = [:]
        for (place, form) in kept.enumerated() {
            places[form] = UInt32(truncatingIfNeeded: place) + Form.count
        }
        texts = kept.map { texts[Int($0 - Form.count)] }
        forms = forms.map { places[$0] ?? $0 }
    }

    /// The indices of entries whose last editor satisfies `isWanted`: the names are compared once
    /// each, and not once for each entry.
    func indices(editedBy isWanted: (String) -> Bool) -> [Int] {
        let wanted = editors.map(isWanted)
        guard wanted.contains(true) else { return [] }
        return editorPlaces.indices.filter { index in
            let place = Int(editorPlaces[index])
            return place > 0 && wanted[place - 1]
        }
    }

    /// Forgets a removed entry.
    mutating func clear(at index: Int) {
        if index < forms.count { forms[index] = Form.block.rawValue }
        if index < editorPlaces.count { editorPlaces[index] = 0 }
        if index < edited.count { edited[index] = 0 }
    }

    /// There are few editors: each name is stored once.
    private mutating func editorPlace(of editor: String) -> UInt32 {
        guard !editor.isEmpty else { return 0 }
        if let place = editors.lastIndex(of: editor) {
            return UInt32(truncatingIfNeeded: place) + 1
        }
        editors.append(editor)
        return UInt32(truncatingIfNeeded: editors.count)
    }
}

extension Array where Element: FixedWidthInteger {
    fileprivate mutating func trim(_ standard: Element) {
        let end = (lastIndex { $0 != standard } ?? -1) + 1
        if end < count { removeLast(count - end) }
    }

    fileprivate func element(at index: Int) -> Element? { index < count ? self[index] : nil }

    /// Sets an element of a column that is only as long as necessary.
    fileprivate mutating func set(_ value: Element, at index: Int, unless standard: Element) {
        if index >= count {
            guard value != standard else { return }
            append(contentsOf: repeatElement(standard, count: index + 1 - count))
        }
        self[index] = value
    }
}
