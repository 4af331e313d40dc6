import Addresses
import CIDRTrie
import HTTPTypes
import Hummingbird
import Operations
import Policy
import Settings
import Store
import Text
import Time

/// The calls for the entries of a warehouse's whitelist, and of a group.
struct EntryRoutes: Sendable {
    let api: APIRouter
    let writes: APIWriter

    func add() {
        add(to: "/v1/warehouses/{warehouse}/whitelist", .warehouse) { call, service in
            .warehouse(try call.warehouse, service: service)
        }
        add(to: "/v1/groups/{group}", .organization) { call, service in
            guard service == nil else {
                throw RequestError.invalid("service", "entries of a group have no service")
            }
            return .group(try call.path("group"))
        }
    }

    /// The list that a call is about.
    typealias Owner = @Sendable (APICall, ServiceProtocol?) throws -> ListReference

    private func add(to path: String, _ scope: APIRouter.Scope, _ owner: @escaping Owner) {
        let readScope: APIRouter.Scope = scope == .warehouse ? .warehouse : .filtered
        api.on(.get, "\(path)/entries", .read, readScope) { try await list($0, owner) }
        api.onChange(.post, "\(path)/entries", .operate, scope) { try await create($0, owner) }
        api.onChange(.put, "\(path)/entries", .operate, scope) { try await replace($0, owner) }
        api.on(.get, "\(path)/entries/{entry}", .read, readScope) { try await get($0, owner) }
        api.onChange(.patch, "\(path)/entries/{entry}", .operate, scope) {
            try await change($0, owner)
        }
        api.onChange(.delete, "\(path)/entries/{entry}", .operate, scope) {
            try await remove($0, owner)
        }
        api.onChange(.post, "\(path)/import", .operate, scope) { try await importList($0, owner) }
    }
}

// MARK: - Reading

extension EntryRoutes {
    private func list(_ call: APICall, _ owner: Owner) async throws -> Response {
        try call.allowParameters(["page", "size", "list", "source", "text"])
        let page = try PageRequest(call.request)
        var lists = try lists(of: owner(call, nil), for: call.principal)
        if let name = try call.request.parameter("list") {
            lists = lists.filter { $0.name.apiText == name }
        }
        let hits = await api.gateway.entryHits()
        if let text = try call.request.parameter("source") {
            let address = try Self.address(text)
            return try answer(call, page, lists, hits) { $0.indices(around: address) }
        }
        if let text = try call.request.parameter("text"), !text.isEmpty {
            return try answer(call, page, lists, hits) { $0.indices(containing: text) }
        }
        return try answer(call, page, lists, hits)
    }

    private static func address(_ text: String) throws -> IPAddress {
        do throws(AddressSyntaxError) {
            return try IPAddress(parsing: text).unmapped
        } catch {
            throw RequestError.invalid("source", "invalid address \(text.quoted): \(error)")
        }
    }

    /// A page of all entries: only those of the page are looked at.
    private func answer(
        _ call: APICall,
        _ page: PageRequest,
        _ lists: [EntryList],
        _ hits: EntryHitTable
    ) throws -> Response {
        var views: [EntryView] = []
        var skipped = 0
        for list in lists {
            let start = max(0, page.offset - skipped)
            let end = max(start, start + page.size - views.count)
            for (id, entry) in list.entries(in: start..<end) {
                views.append(view(of: entry, id, in: list, hits, for: call))
            }
            skipped += list.count
        }
        return try call.answer(views, page, total: skipped)
    }

    /// A page of those that match.
    private func answer(
        _ call: APICall,
        _ page: PageRequest,
        _ lists: [EntryList],
        _ hits: EntryHitTable,
        _ wanted: (EntryList) -> [Int]
    ) throws -> Response {
        var views: [EntryView] = []
        var total = 0
        for list in lists {
            let indices = wanted(list)
            let first = max(0, page.offset - total)
            for index in indices.dropFirst(first).prefix(page.size - views.count) {
                views.append(view(of: list[index], list.id(at: index), in: list, hits, for: call))
            }
            total += indices.count
        }
        return try call.answer(views, page, total: total)
    }

    private func view(
        of entry: WhitelistEntry,
        _ id: EntryID,
        in list: EntryList,
        _ hits: EntryHitTable,
        for call: APICall
    ) -> EntryView {
        let isEditable =
            switch list.name {
            case .entries, .service: true
            case .group: Self.isGroup(list.name, call)
            case .file: false
            }
        return EntryView(
            entry,
            id: isEditable ? id : nil,
            in: list.name,
            at: .systemTime,
            // Those of a group are of every warehouse that uses it.
            hits: list.name.isShared && call.principal.warehouses != nil
                ? nil : hits[.init(list: list.series, block: entry.rule.block)]
        )
    }

    /// The lists that are shown: under a store and under a file.
    private func lists(of owner: ListReference, for principal: Principal) throws -> [EntryList] {
        switch owner {
        case .warehouse(let id, _): return api.gateway.policy[id].whitelist.lists
        case .group(let name):
            guard let policy = writes.writer.store?.policy, let group = policy.groups[name],
                policy.shows(name, to: principal)
            else { throw StoreRefusal.unknownGroup(name) }
            return [group.list.list]
        }
    }

    private func get(_ call: APICall, _ owner: Owner) async throws -> Response {
        let reference = try Self.reference(call)
        let wanted = EntryList.Name(reference.service)
        for list in try lists(of: owner(call, nil), for: call.principal) {
            guard list.name == wanted || reference.service == nil && Self.isGroup(list.name, call),
                let index = list.index(of: reference.id)
            else { continue }
            let hits = await api.gateway.entryHits()
            return try call.answer(
                view(of: list[index], reference.id, in: list, hits, for: call)
            )
        }
        throw StoreRefusal.unknownEntry(reference)
    }

    private static func isGroup(_ name: EntryList.Name, _ call: APICall) -> Bool {
        // `try?`: a warehouse's path has no group.
        if case .group(let group) = name { (try? call.path("group")) == group } else { false }
    }

    private static func reference(_ call: APICall) throws -> EntryReference {
        let text = try call.path("entry")
        guard let reference = EntryReference(text) else {
            throw RequestError(
                .notFound,
                "EntryNotFound",
                "Unknown entry \(text.quoted) (expected an entryId, e.g. 12 or mysql-3)."
            )
        }
        return reference
    }
}

// MARK: - Writing

extension EntryRoutes {
    static let writeParameters: Set = ["confirm", "dryRun"]

    private func create(_ call: APICall, _ owner: @escaping Owner) async throws -> Response {
        try call.allowParameters(Self.writeParameters)
        let bytes = try await call.bytes()
        let body = try call.decode(NewEntry.self, from: bytes)
        let list = try owner(call, EntryField.service(body.service))
        let editor = call.principal.name
        let entry = try body.entry(by: editor, at: .systemTime)
        try EntryField.checkExpiry(of: entry, at: .systemTime)
        return try await writes.write(call, bytes) { transaction in
            let warning = try transaction.redundancy(of: entry, in: list)
            let id = try transaction.add([entry], to: list)[0]
            let view = EntryView(entry, id: id, in: list.name, at: transaction.now)
            var answer = try WriteAnswer("entry", view, status: .created)
            answer.warnings = warning.map { [$0] } ?? []
            return answer
        }
    }

    private func change(_ call: APICall, _ owner: @escaping Owner) async throws -> Response {
        try call.allowParameters(Self.writeParameters)
        let bytes = try await call.bytes()
        let patch = try call.decode(EntryPatch.self, from: bytes)
        let reference = try Self.reference(call)
        let list = try owner(call, reference.service)
        let editor = call.principal.name
        return try await writes.write(call, bytes) { transaction in
            let before = try transaction.entry(reference.id, in: list)
            let entry = try patch.applied(to: before, by: editor, at: transaction.now)
            try EntryField.checkExpiry(of: entry, replacing: before, at: transaction.now)
            try transaction.change(reference.id, in: list, to: entry)
            let view = EntryView(entry, id: reference.id, in: list.name, at: transaction.now)
            return try WriteAnswer("entry", view)
        }
    }

    private func remove(_ call: APICall, _ owner: @escaping Owner) async throws -> Response {
        try call.allowParameters(Self.writeParameters)
        let reference = try Self.reference(call)
        let list = try owner(call, reference.service)
        return try await writes.write(call) { transaction in
            let before = try transaction.entry(reference.id, in: list)
            try transaction.remove(reference.id, from: list)
            let view = EntryView(before, id: reference.id, in: list.name, at: transaction.now)
            return try WriteAnswer("entry", view)
        }
    }

    private func replace(_ call: APICall, _ owner: @escaping Owner) async throws -> Response {
        try call.allowParameters(Self.writeParameters)
        let bytes = try await call.bytes(.list)
        let body = try call.decode(WholeList.self, from: bytes)
        let list = try owner(call, EntryField.service(body.service))
        let editor = call.principal.name
        let entries = try body.list(by: editor, at: .systemTime)
        return try await writes.write(call, bytes) { transaction in
            try transaction.checkVersion(body.version, of: list)
            let version = try transaction.version(of: list)
            try transaction.checkExpiries(of: entries, in: list)
            let change = try transaction.replace(in: list, where: { _ in true }, by: entries)
            var answer = WriteAnswer(change.members)
            answer.seenVersion = version
            return answer
        }
    }
}

/// A whole list, in place of the one that there is.
private struct WholeList: APIBody {
    static let fields = ["version", "entries", "service"]

    /// Of the whitelist that the client has seen.
    var version: UInt64
    var entries: [Strict<NewEntry>]
    var service: String?

    func list(by editor: String, at now: UnixTime) throws -> [WhitelistEntry] {
        try entries.map(\.value).enumerated().map { index, entry in
            do {
                guard entry.service == nil || entry.service == service else {
                    throw RequestError.invalid("service", "differs from the list's")
                }
                return try entry.entry(by: editor, at: now)
            } catch let error as RequestError {
                throw RequestError(error.status, error.code, "entries[\(index)].\(error.message)")
            }
        }
    }
}

extension StoreTransaction {
    /// Refuses entries that would be new and have expired.
    fileprivate func checkExpiries(of entries: [WhitelistEntry], in reference: ListReference) throws
    {
        let list = try list(reference)?.list
        for (index, entry) in entries.enumerated() where entry.rule.hasExpired(at: now) {
            let known = list.flatMap { list in
                list.id(of: entry.rule.block).flatMap(list.index).map { list[$0] }
            }
            do {
                try EntryField.checkExpiry(of: entry, replacing: known, at: now)
            } catch let error as RequestError {
                throw RequestError(error.status, error.code, "entries[\(index)].\(error.message)")
            }
        }
    }
}

extension ListChange {
    /// As an answer shows it.
    var members: [String: JSONValue] {
        [
            "added": .integer(Int64(added)), "changed": .integer(Int64(changed)),
            "removed": .integer(Int64(removed)), "unchanged": .integer(Int64(unchanged)),
        ]
    }
}

extension EntryList.Name {
    /// Whether several warehouses may use the list.
    fileprivate var isShared: Bool { if case .group = self { true } else { false } }
}

extension ListReference {
    var name: EntryList.Name {
        switch self {
        case .warehouse(_, let service): .init(service)
        case .group(let name): .group(name)
        }
    }
}

extension StoreTransaction {
    /// Why a new entry would have no effect; `nil` if it has one, as far as a look at the entries
    /// around it tells.
    func redundancy(of entry: WhitelistEntry, in reference: ListReference) throws -> String? {
        guard let list = try list(reference)?.list, entry.isEnabled else { return nil }
        let block = entry.rule.block
        guard let first = list.trie.match(for: block.first, at: now),
            let last = list.trie.match(for: block.last, at: now), first == last
        else { return nil }
        let around = list[first]
        guard around.rule.action == entry.rule.action, around.rule.block != block,
            around.rule.expiry == nil || around.rule.expiry == entry.rule.expiry
        else { return nil }
        let id = reference.reference(to: list.id(at: first))
        return "redundant: covered by \(around.text) (entry \(id))"
    }
}
