public import Addresses
public import CIDRTrie
import Synchronization
public import Time

/// One entry of a whitelist.
public struct WhitelistEntry: Hashable, Sendable {
    /// The block as it was written: `203.0.113.7`, `203.0.113.0/24`, or a range of which the block
    /// is a part.
    public var text: String
    /// The block, what happens to its addresses, the operator's description and the expiry.
    public var rule: Rule
    /// A disabled entry is kept but not considered.
    public var isEnabled: Bool
    /// Who changed it last; empty if the source does not say.
    public var editor: String
    /// When it was changed last; `nil` if the source does not say.
    public var editedAt: UnixTime?

    /// - Parameter text: the block in its canonical form if `nil`.
    public init(
        _ rule: Rule,
        text: String? = nil,
        isEnabled: Bool = true,
        editor: String = "",
        editedAt: UnixTime? = nil
    ) {
        self.text = text ?? rule.block.description
        self.rule = rule
        self.isEnabled = isEnabled
        self.editor = editor
        self.editedAt = editedAt
    }
}

/// Identifies an entry of one list for as long as it exists. The number is not given to another
/// entry afterwards.
public struct EntryID: Hashable, Sendable {
    public var number: UInt32

    public init(number: UInt32) {
        self.number = number
    }
}

/// A list of entries in the form that decides.
///
/// Immutable: an edit makes a new list, in which everything the edit does not touch is shared with
/// the old one or copied without being compiled again. An entry's other attributes are stored
/// only if it has any, so that a list of a million plain blocks takes about 30 MB.
public final class EntryList: Sendable {
    /// What a list is, and where it comes from.
    public enum Name: Hashable, Sendable, Comparable {
        /// The entries of the configuration or the store, for all services of the warehouse.
        case entries
        /// The entries that count for one service of the warehouse only.
        case service(ServiceProtocol)
        /// An address group, which several warehouses share: the same list is in the whitelists of
        /// all of them.
        case group(String)
        /// A file, by its path as the configuration names it.
        case file(String)
    }

    public let name: Name
    /// The entries by index, and which of them decides about an address.
    public let trie: CompiledTrie
    let notes: EntryNotes
    /// The same for every version of the list: hits are counted under it.
    public let series: UInt32

    private static let lastSeries = Atomic<UInt32>(0)

    private init(_ name: Name, _ trie: CompiledTrie, _ notes: EntryNotes, series: UInt32?) {
        self.name = name
        self.trie = trie
        self.notes = notes
        self.series =
            series ?? Self.lastSeries.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// A list of compiled rules.
    ///
    /// - Parameter before: the version that this one replaces, so that hits continue to be counted.
    public convenience init(_ name: Name, _ trie: CompiledTrie, replacing before: EntryList? = nil)
    {
        self.init(name, trie, EntryNotes(count: trie.rules.endIndex), series: before?.series)
    }

    public convenience init(_ name: Name, rules: some Sequence<Rule>) {
        self.init(name, CompiledTrie(RuleTable(rules)))
    }

    public convenience init(_ name: Name, _ entries: some Sequence<WhitelistEntry>) {
        var builder = RuleTable.Builder()
        var notes = EntryNotes(count: 0)
        for entry in entries {
            let index = builder.append(entry.rule, isEnabled: entry.isEnabled)
            notes.set(entry, at: index)
        }
        self.init(name, CompiledTrie(builder.table), notes, series: nil)
    }

    /// A list whose entries have the identities that a store has given them.
    ///
    /// - Parameters:
    ///   - entries: no two with the same identity or the same block.
    ///   - nextNumber: greater than the number of any entry that the list has had.
    /// - Precondition: the identities are unique and below `nextNumber`.
    public convenience init(
        _ name: Name,
        identified entries: some Sequence<(id: EntryID, entry: WhitelistEntry)>,
        nextNumber: UInt32
    ) {
        var builder = RuleTable.Builder()
        var notes = EntryNotes(count: 0)
        var numbers: [UInt32] = []
        for (id, entry) in entries {
            let index = builder.append(entry.rule, isEnabled: entry.isEnabled)
            notes.set(entry, at: index)
            numbers.append(id.number)
        }
        notes.restore(numbers, nextNumber: nextNumber)
        self.init(name, CompiledTrie(builder.table), notes, series: nil)
    }

    /// This list as a version of `before`; `before` itself if both have the same entries.
    func continuing(_ before: EntryList) -> EntryList {
        guard series != before.series else { return self }
        // Files are compared by whoever reads them: to compare a million entries takes a while.
        if !name.isFile, self == before { return before }
        return EntryList(name, trie, notes, series: before.series)
    }

    /// The list as it is saved: the image of its trie, and the notes of the entries by their
    /// indices in it.
    public var saved: (image: [UInt8], notes: EntryNotes) { (trie.image(), notes) }

    /// Restores a saved list.
    ///
    /// - Throws: ``EntryListError`` if the two do not belong together, or the image is invalid.
    public convenience init(_ name: Name, image: [UInt8], notes: EntryNotes) throws {
        let trie = try CompiledTrie(image: image)
        guard notes.isValid(for: trie.rules.endIndex) else { throw EntryListError.mismatch }
        self.init(name, trie, notes, series: nil)
    }

    /// The same entries under another name.
    public func renamed(to name: Name) -> EntryList {
        EntryList(name, trie, notes, series: series)
    }

    /// The number of entries, disabled ones included.
    public var count: Int { trie.rules.count }
}

extension EntryList.Name {
    /// Whether the entries of such a list count for `service`.
    public func counts(for service: ServiceProtocol) -> Bool {
        if case .service(let own) = self { own == service } else { true }
    }

    fileprivate var isFile: Bool {
        if case .file = self { true } else { false }
    }
}

extension EntryList {
    public func id(at index: Int) -> EntryID { notes.id(at: index) }

    /// The identity of the entry with exactly this block, disabled or not; `nil` if there is none.
    ///
    /// - Complexity: O(log *n*)
    public func id(of block: CIDRBlock) -> EntryID? {
        trie.indices(of: block).first.map(id(at:))
    }

    /// The number of the next entry that is added; no entry has had it.
    public var nextNumber: UInt32 { notes.nextNumber }

    /// The position of an entry; `nil` if there is none with this identity.
    ///
    /// - Complexity: O(1) if no entry has been added since one was removed; O(log *n*) for a list
    ///   that was restored in the order of the identities; else O(*n*).
    public func index(of id: EntryID) -> Int? {
        existing(notes.index(of: id))
    }

    /// A place, if there is an entry at it.
    fileprivate func existing(_ index: Int?) -> Int? {
        index.flatMap { trie.rules.contains(index: $0) ? $0 : nil }
    }

    public subscript(index: Int) -> WhitelistEntry {
        notes.entry(trie.rules[index], isEnabled: trie.rules.isEnabled(index), at: index)
    }

    /// The entries whose last editor satisfies `isWanted`, in no particular order.
    ///
    /// - Complexity: O(*n*), but an entry is made only for each result.
    public func entries(
        editedBy isWanted: (String) -> Bool
    ) -> [(id: EntryID, entry: WhitelistEntry)] {
        notes.indices(editedBy: isWanted).filter(trie.rules.contains(index:))
            .map { (id: id(at: $0), entry: self[$0]) }
    }

    /// The entries in ascending order of their blocks.
    public var entries: some Sequence<(id: EntryID, entry: WhitelistEntry)> {
        entries(in: 0..<count)
    }

    /// The entries at these places of the ascending order of all blocks; fewer if the list ends
    /// before. Each is made when it is read.
    ///
    /// - Complexity: O(1)
    public func entries(
        in range: Range<Int>
    ) -> some RandomAccessCollection<(id: EntryID, entry: WhitelistEntry)> {
        trie.ascending[range.clamped(to: 0..<count)].lazy
            .map { (id: self.id(at: $0), entry: self[$0]) }
    }
}

/// Why a saved list cannot be used.
public enum EntryListError: Error {
    /// Image and notes are not of the same list.
    case mismatch
}

extension EntryListError: CustomStringConvertible {
    public var description: String { "the notes and the image are of different lists" }
}

// MARK: - Edits

/// A change of one entry.
public enum EntryEdit: Hashable, Sendable {
    case add(WhitelistEntry)
    case change(EntryID, to: WhitelistEntry)
    case setEnabled(EntryID, Bool, editor: String, at: UnixTime)
    case remove(EntryID)
}

extension EntryEdit {
    /// Of the entry that is changed or removed.
    fileprivate var id: EntryID? {
        switch self {
        case .add: nil
        case .change(let id, _), .setEnabled(let id, _, _, _), .remove(let id): id
        }
    }
}

/// Why a list cannot be edited as requested. Always the editor's error; nothing has changed.
public enum EntryEditError: Error, Hashable, Sendable {
    /// The list has no such entry, or no longer has it.
    case noSuchEntry(EntryID)
    /// The list already has an entry with this block.
    ///
    /// The identity is `nil` if that entry is part of the same edit.
    case duplicate(CIDRBlock, of: EntryID?)
    case tooManyEntries(limit: Int)
}

extension EntryEditError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noSuchEntry(let id): "unknown entry \(id.number) (it may have been removed)"
        case .duplicate(let block, let id?):
            "\(block) is already in the list as entry \(id.number) (change that entry instead)"
        case .duplicate(let block, nil): "duplicate block \(block)"
        case .tooManyEntries(let limit): "a list has at most \(limit) entries"
        }
    }
}

extension EntryList {
    /// The list with `edits` made in order: all of them or, if one is rejected, none.
    ///
    /// - Returns: the new list, and the identity of each entry that was added, in order.
    /// - Complexity: one copy of the compiled form, changed where the blocks are; see
    ///   ``/CIDRTrie/CompiledTrie/apply(_:)``.
    public func applying(
        _ edits: [EntryEdit]
    ) throws(EntryEditError) -> (list: EntryList, added: [EntryID]) {
        var draft = EntryDraft(of: self, notes: notes, for: edits)
        for edit in edits { try draft.make(edit) }
        let added = try draft.finish()
        return (EntryList(name, draft.trie, draft.notes, series: series), added)
    }
}

/// A list while it is edited: each edit is checked against those before it, and the trie changes
/// once, at the end.
private struct EntryDraft {
    private(set) var trie: CompiledTrie
    private(set) var notes: EntryNotes
    private let list: EntryList
    /// Where the entries to be changed are, if that takes a pass over the list.
    private let places: [EntryID: Int]?
    private var edits: [RuleEdit] = []
    /// What each of `edits` does to the notes, once the trie has determined the entry's index.
    private var entries: [(entry: WhitelistEntry?, isNew: Bool)] = []
    /// Blocks that the edits so far have added (`true`) or removed.
    private var claimed: [CIDRBlock: Bool] = [:]
    private var removed: Set<Int> = []
    /// Entries in their state after the edits so far.
    private var changed: [Int: WhitelistEntry] = [:]

    init(of list: EntryList, notes: EntryNotes, for edits: [EntryEdit]) {
        self.list = list
        places = notes.indices(of: edits.compactMap(\.id))
        self.notes = notes
        trie = list.trie
    }

    mutating func make(_ edit: EntryEdit) throws(EntryEditError) {
        switch edit {
        case .add(let entry):
            try claim(entry.rule.block)
            record(.insert(entry.rule, isEnabled: entry.isEnabled), entry, isNew: true)
        case .change(let id, let entry):
            let index = try index(of: id)
            let current = current(index)
            let before = current.rule.block
            if before != entry.rule.block {
                try claim(entry.rule.block)
                claimed[before] = false
            }
            record(.replace(index, with: entry.rule), entry)
            if current.isEnabled != entry.isEnabled {
                record(.setEnabled(index, entry.isEnabled), entry)
            }
            changed[index] = entry
        case .setEnabled(let id, let isEnabled, let editor, let moment):
            let index = try index(of: id)
            var entry = current(index)
            (entry.isEnabled, entry.editor, entry.editedAt) = (isEnabled, editor, moment)
            record(.setEnabled(index, isEnabled), entry)
            changed[index] = entry
        case .remove(let id):
            let index = try index(of: id)
            claimed[current(index).rule.block] = false
            removed.insert(index)
            record(.remove(index), nil)
        }
    }

    /// Changes the trie, and then the notes of the entries it has found room for.
    mutating func finish() throws(EntryEditError) -> [EntryID] {
        let indices: [Int]
        do {
            indices = try trie.apply(edits)
        } catch {
            switch error {
            case .tooManyRules(let limit): throw .tooManyEntries(limit: limit)
            case .noSuchRule(let index): throw .noSuchEntry(list.id(at: index))
            }
        }
        var added: [EntryID] = []
        for (index, change) in zip(indices, entries) {
            if change.isNew { added.append(notes.assignID(at: index)) }
            if let entry = change.entry {
                notes.set(entry, at: index)
            } else {
                notes.clear(at: index)
            }
        }
        notes.dropUnusedTexts()
        notes.trim()
        return added
    }

    private mutating func record(_ edit: RuleEdit, _ entry: WhitelistEntry?, isNew: Bool = false) {
        edits.append(edit)
        entries.append((entry, isNew))
    }

    private func current(_ index: Int) -> WhitelistEntry { changed[index] ?? list[index] }

    private func index(of id: EntryID) throws(EntryEditError) -> Int {
        let index = places.map { places in list.existing(places[id]) } ?? list.index(of: id)
        guard let index, !removed.contains(index) else { throw .noSuchEntry(id) }
        return index
    }

    /// Reserves a block for one entry.
    private mutating func claim(_ block: CIDRBlock) throws(EntryEditError) {
        if let isTaken = claimed[block] {
            guard !isTaken else { throw .duplicate(block, of: nil) }
        } else if let index = trie.indices(of: block).first {
            throw .duplicate(block, of: list.id(at: index))
        }
        claimed[block] = true
    }
}

/// Two lists are equal if they have the same entries at the same positions.
extension EntryList: Hashable {
    public static func == (left: EntryList, right: EntryList) -> Bool {
        left === right
            || left.name == right.name && left.trie == right.trie && left.notes == right.notes
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(count)
    }
}
