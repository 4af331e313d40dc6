import Addresses
import CIDRTrie
public import Time

/// Entries of a whitelist that have no effect, found by comparing all of its lists with each other.
///
/// One pass over the blocks in ascending order, in which the lists are kept already: nothing but the
/// blocks around the current one is held in memory.
public struct WhitelistDiagnosis: Sendable {
    /// An entry, by its list's position in ``Whitelist/lists`` and its index there.
    public struct Place: Hashable, Sendable {
        public var list: Int
        public var index: Int

        public init(list: Int, index: Int) {
            self.list = list
            self.index = index
        }
    }

    /// Why an entry has no effect.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Another list has the same block with the same action.
        case duplicate
        /// Another list denies the same block.
        case contradicted
        /// The smallest entry around it has the same action and lasts as long.
        case covered
        /// Smaller entries cover all of its addresses.
        case shadowed
        /// It denies what no other entry admits.
        case alreadyDenied
        /// It admits what no other entry denies, and the mode is anywhere.
        case alreadyAllowed
    }

    public struct Finding: Hashable, Sendable {
        public var place: Place
        public var kind: Kind
        /// The entry that makes it superfluous.
        public var other: Place?
    }

    /// The first of them.
    public private(set) var findings: [Finding] = []
    /// All of them.
    public private(set) var total = 0
    /// Whether every entry was looked at.
    public let isComplete: Bool

    private let limit: Int

    /// - Parameters:
    ///   - limit: the most findings that are kept.
    ///   - entryLimit: if the whitelist has more entries, none is looked at.
    /// - Complexity: O(*n* log *k*) for *n* entries in *k* lists.
    public init(of whitelist: Whitelist, at now: UnixTime, limit: Int, entryLimit: Int = .max) {
        self.limit = limit
        isComplete = whitelist.entryCount <= entryLimit
        guard isComplete else { return }
        let services = Set(whitelist.lists.filter { $0.count > 0 }.compactMap(\.name.service))
        var tally = Tally(viewCount: services.count + 1)
        var sweeps = ([nil] + services.map { $0 }).map { Sweep(mode: whitelist.mode, service: $0) }
        for group in MergedEntries(whitelist.lists, at: now) {
            for view in sweeps.indices { sweeps[view].add(group, to: &tally) }
            take(&tally)
        }
        for view in sweeps.indices { sweeps[view].finish(&tally) }
        take(&tally)
    }

    private mutating func take(_ tally: inout Tally) {
        for finding in tally.takeFindings() {
            total += 1
            if findings.count < limit { findings.append(finding) }
        }
    }
}

extension EntryList.Name {
    fileprivate var service: ServiceProtocol? {
        if case .service(let service) = self { service } else { nil }
    }
}

// MARK: - Merging

/// An entry that counts.
private struct ActiveEntry {
    var place: WhitelistDiagnosis.Place
    var block: CIDRBlock
    var denies: Bool
    var expiry: UnixTime?
    /// The only service for which it counts.
    var service: ServiceProtocol?

    /// Whether it is in force at least as long as another.
    func lasts(asLongAs other: ActiveEntry) -> Bool {
        guard let expiry else { return true }
        return other.expiry.map { $0 <= expiry } ?? false
    }

    /// Whether it decides rather than another of the same block.
    func outranks(_ other: ActiveEntry) -> Bool {
        if denies != other.denies { return denies }
        if lasts(asLongAs: other) != other.lasts(asLongAs: self) { return lasts(asLongAs: other) }
        if (service == nil) != (other.service == nil) { return service == nil }
        return place.list < other.place.list
    }
}

/// The entries of several lists in ascending order of their blocks, those of one block together.
private struct MergedEntries: Sequence, IteratorProtocol {
    private struct Source {
        var list: Int
        var entries: EntryList
        var next: Int
        var head: ActiveEntry
    }

    /// A heap: each is before those at twice its place.
    private var heap: [Source] = []
    private let now: UnixTime

    init(_ lists: [EntryList], at now: UnixTime) {
        self.now = now
        for list in lists.indices {
            guard let (head, next) = Self.entry(of: lists[list], list, from: 0, at: now) else {
                continue
            }
            heap.append(Source(list: list, entries: lists[list], next: next, head: head))
        }
        heap.sort { $0.head.block < $1.head.block }
    }

    mutating func next() -> [ActiveEntry]? {
        guard let first = take() else { return nil }
        var group = [first]
        while let head = heap.first?.head, head.block == first.block, let entry = take() {
            group.append(entry)
        }
        return group
    }

    private mutating func take() -> ActiveEntry? {
        guard let source = heap.first else { return nil }
        if let (head, next) = Self.entry(
            of: source.entries,
            source.list,
            from: source.next,
            at: now
        ) {
            (heap[0].head, heap[0].next) = (head, next)
        } else {
            heap[0] = heap[heap.count - 1]
            heap.removeLast()
        }
        sink()
        return source.head
    }

    private mutating func sink() {
        var place = 0
        while true {
            let left = 2 * place + 1
            guard left < heap.count else { return }
            let right = left + 1
            let least =
                right < heap.count && heap[right].head.block < heap[left].head.block ? right : left
            guard heap[least].head.block < heap[place].head.block else { return }
            heap.swapAt(place, least)
            place = least
        }
    }

    /// The first entry from a position of the ascending order that is enabled and has not expired.
    private static func entry(
        of list: EntryList,
        _ position: Int,
        from start: Int,
        at now: UnixTime
    ) -> (ActiveEntry, next: Int)? {
        let (rules, ascending) = (list.trie.rules, list.trie.ascending)
        for next in start..<Swift.max(start, ascending.endIndex) {
            let index = ascending[next]
            let expiry = rules.expiry(of: index)
            guard rules.isEnabled(index), expiry.map({ $0 > now }) ?? true else { continue }
            let entry = ActiveEntry(
                place: .init(list: position, index: index),
                block: rules.block(of: index),
                denies: rules.action(of: index) == .deny,
                expiry: expiry,
                service: list.name.service
            )
            return (entry, next + 1)
        }
        return nil
    }
}

// MARK: - Sweeping

/// Brings together what the views of several services say about an entry: it has no effect only if it
/// has none in each.
private struct Tally {
    private struct Opinions {
        var count = 0
        var finding: WhitelistDiagnosis.Finding?
        var isUnanimous = true
    }

    let viewCount: Int
    private var open: [WhitelistDiagnosis.Place: Opinions] = [:]
    private var findings: [WhitelistDiagnosis.Finding] = []

    init(viewCount: Int) {
        self.viewCount = viewCount
    }

    /// Each view that has the entry says so once.
    mutating func add(
        _ kind: WhitelistDiagnosis.Kind?,
        by other: WhitelistDiagnosis.Place?,
        about entry: ActiveEntry
    ) {
        let finding = kind.map { kind in
            WhitelistDiagnosis.Finding(place: entry.place, kind: kind, other: other)
        }
        guard entry.service == nil, viewCount > 1 else {
            if let finding { findings.append(finding) }
            return
        }
        var opinions = open.removeValue(forKey: entry.place) ?? Opinions()
        opinions.count += 1
        opinions.isUnanimous = opinions.isUnanimous && finding != nil
        // The first view is that of the entries for all services.
        opinions.finding = opinions.finding ?? finding
        guard opinions.count == viewCount else {
            open[entry.place] = opinions
            return
        }
        if opinions.isUnanimous, let finding = opinions.finding { findings.append(finding) }
    }

    mutating func takeFindings() -> [WhitelistDiagnosis.Finding] {
        defer { findings.removeAll(keepingCapacity: true) }
        return findings
    }
}

/// The entries for one service around the current block, the largest first.
private struct Sweep {
    private struct Frame {
        var entry: ActiveEntry
        var kind: WhitelistDiagnosis.Kind?
        var other: WhitelistDiagnosis.Place?
        /// How many of its addresses are in smaller entries that last as long.
        var coveredCount: UInt128 = 0
        var isShadowed = false
    }

    let mode: Whitelist.Mode
    /// `nil` for services without entries of their own.
    let service: ServiceProtocol?
    private var frames: [Frame] = []

    init(mode: Whitelist.Mode, service: ServiceProtocol?) {
        self.mode = mode
        self.service = service
    }

    /// - Parameter all: entries of one block.
    mutating func add(_ all: [ActiveEntry], to tally: inout Tally) {
        guard let block = all.first?.block else { return }
        while let last = frames.last, !last.entry.block.contains(block) { leave(&tally) }
        let group = all.filter { $0.service == nil || $0.service == service }
        guard var decider = group.first else { return }
        for entry in group.dropFirst() where entry.outranks(decider) { decider = entry }
        for entry in group where entry.place != decider.place {
            guard decider.lasts(asLongAs: entry) else {
                tally.add(nil, by: nil, about: entry)
                continue
            }
            let isSame = entry.denies == decider.denies
            tally.add(isSame ? .duplicate : .contradicted, by: decider.place, about: entry)
        }
        var frame = Frame(entry: decider)
        // Without it, an entry of the same block that it contradicts would decide.
        if group.allSatisfy({ $0.denies == decider.denies }) {
            (frame.kind, frame.other) = finding(about: decider)
        }
        frames.append(frame)
    }

    mutating func finish(_ tally: inout Tally) {
        while !frames.isEmpty { leave(&tally) }
    }

    private func finding(
        about entry: ActiveEntry
    ) -> (WhitelistDiagnosis.Kind?, WhitelistDiagnosis.Place?) {
        guard let around = frames.last?.entry else {
            // An entry for a whole family states the default.
            guard entry.block.prefixLength > 0 else { return (nil, nil) }
            switch (mode, entry.denies) {
            case (.specific, true): return (.alreadyDenied, nil)
            case (.anywhere, false): return (.alreadyAllowed, nil)
            default: return (nil, nil)
            }
        }
        guard around.denies == entry.denies, around.lasts(asLongAs: entry) else {
            return (nil, nil)
        }
        return (.covered, around.place)
    }

    /// The block ends.
    private mutating func leave(_ tally: inout Tally) {
        guard let frame = frames.popLast() else { return }
        let kind = frame.kind ?? (frame.isShadowed ? .shadowed : nil)
        tally.add(kind, by: frame.other, about: frame.entry)
        guard let parent = frames.indices.last, frame.entry.lasts(asLongAs: frames[parent].entry)
        else { return }
        // A block has one address more than its mask, and a whole family can have more than fits.
        let (sum, overflow) = frames[parent].coveredCount
            .addingReportingOverflow(frame.entry.block.hostMask)
        let (count, isWhole) = sum.addingReportingOverflow(1)
        frames[parent].coveredCount = count
        let mask = frames[parent].entry.block.hostMask
        frames[parent].isShadowed = overflow || isWhole || (mask < .max && count == mask + 1)
    }
}
