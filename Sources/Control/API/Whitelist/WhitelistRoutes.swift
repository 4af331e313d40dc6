import CIDRTrie
import Hummingbird
import Policy
import Settings
import Store
import Text
import Time

/// The calls for a warehouse's whitelist as a whole.
struct WhitelistRoutes: Sendable {
    let api: APIRouter
    let writes: APIWriter

    func add() {
        let path = "/v1/warehouses/{warehouse}/whitelist"
        api.on(.get, path, .read, .warehouse) { try await get($0) }
        api.on(.get, "\(path)/check", .read, .warehouse) { try await check($0) }
        api.onChange(.patch, path, .operate, .warehouse) { try await change($0) }
    }

    private func get(_ call: APICall) async throws -> Response {
        try call.allowParameters(["unusedDays"])
        let id = try call.warehouse
        let days = try Self.days(call)
        let whitelist = api.gateway.policy[id].whitelist
        var view = WhitelistView(id, whitelist, writes.writer.store?.policy.warehouses[id])
        if days != nil || whitelist.entryCount <= WhitelistView.diagnosedCount {
            let unused = try await findings(
                of: id,
                unusedDays: days ?? WhitelistView.unusedDays,
                limit: WhitelistView.warningLimit,
                entryLimit: 0
            )
            let messages = unused.found.findings.map(\.message)
            if days != nil {
                view.warnings += messages
            } else if unused.found.total > 0 {
                view.warnings.append(
                    "\(unused.found.total) of the entries matched nothing in"
                        + " \(WhitelistView.unusedDays.of("day")) (sluice whitelist check lists them)"
                )
            }
            view.hitsSince = unused.hitsSince
        }
        return try call.answer(view)
    }

    private static func days(_ call: APICall) throws -> Int? {
        guard let text = try call.request.parameter("unusedDays") else { return nil }
        guard let days = Int(text), (1...3_650).contains(days) else {
            throw RequestError.invalid(
                "unusedDays",
                "expected a number from 1 to 3650, found \(text.quoted)"
            )
        }
        return days
    }

    private struct CheckView: Encodable {
        let warehouseId: String
        let version: UInt64?
        let count: Int
        let unusedDays: Int
        /// Since when it is recorded which entries decide; `nil` if it is not.
        let hitsSince: UnixTime?
        let findings: [WhitelistFinding]
        /// Of all findings.
        let total: Int
    }

    /// Looks at every entry, however many there are.
    private func check(_ call: APICall) async throws -> Response {
        try call.allowParameters(["unusedDays"])
        let id = try call.warehouse
        let days = try Self.days(call) ?? WhitelistView.unusedDays
        let whitelist = api.gateway.policy[id].whitelist
        let version = writes.writer.store?.policy.warehouses[id]?.version
        let (found, hitsSince) = try await findings(of: id, unusedDays: days, limit: 1_000)
        return try call.answer(
            CheckView(
                warehouseId: id,
                version: version,
                count: whitelist.entryCount,
                unusedDays: days,
                hitsSince: hitsSince,
                findings: found.findings,
                total: found.total
            )
        )
    }

    /// One at a time: a long whitelist takes a second.
    private static let queue = PageQueue()

    /// - Parameter entryLimit: entries of a longer whitelist are not compared with each other.
    private func findings(
        of id: String,
        unusedDays: Int,
        limit: Int,
        entryLimit: Int = .max
    ) async throws -> (found: WhitelistFindings, hitsSince: UnixTime?) {
        let whitelist = api.gateway.policy[id].whitelist
        let store = writes.writer.store
        let hits = await api.gateway.entryHits()
        return try await Self.queue.build {
            let now = UnixTime.systemTime
            var found = WhitelistFindings(
                whitelist,
                limit: limit,
                entryLimit: entryLimit,
                at: now
            )
            guard let store else { return (found, nil) }
            let policy = store.policy
            let lists = whitelist.lists.enumerated().compactMap { position, list in
                policy.storedList(list.name, of: id).map { (position, $0) }
            }
            let stored = Dictionary(lists) { first, _ in first }
            let uses = try store.entryUses(of: stored.values.map(\.row))
            found.addUnused(for: unusedDays, hits, uses, stored: stored, at: now)
            return (found, uses.since)
        }
    }

    private func change(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let patch = try call.decode(WhitelistPatch.self, from: bytes)
        let id = try call.warehouse
        let mode = try patch.mode.map(EntryField.mode)
        let principal = call.principal
        return try await writes.write(call, bytes) {
            [configured = writes.writer.configured] transaction in
            for name in patch.groups ?? [] where !transaction.policy.shows(name, to: principal) {
                throw StoreRefusal.unknownGroup(name)
            }
            try transaction.checkVersion(patch.version, of: .warehouse(id, service: nil))
            let version = try transaction.version(of: .warehouse(id, service: nil))
            if let mode { try transaction.setMode(mode, of: id) }
            if let groups = patch.groups { try transaction.setGroups(groups, of: id) }
            let policy = transaction.policy
            let view = WhitelistView(
                id,
                policy.policy(with: configured)[id].whitelist,
                policy.warehouses[id]
            )
            var answer = try WriteAnswer("whitelist", view)
            answer.seenVersion = version
            return answer
        }
    }
}

private struct WhitelistPatch: APIBody {
    static let fields = ["mode", "groups", "version"]

    var mode: String?
    var groups: [String]?
    var version: UInt64?
}

/// A whitelist without its entries.
struct WhitelistView: Encodable, Sendable {
    struct List: Encodable, Sendable {
        let list: String
        let count: Int
        let readOnly: Bool
    }

    /// A longer whitelist is not searched for entries without effect on each look.
    static let diagnosedCount = 20_000
    static let warningLimit = 100
    /// Entries that have matched nothing for so long are worth a warning.
    static let unusedDays = 90

    let warehouseId: String
    let mode: Whitelist.Mode
    /// `nil` if the policy is not in a store.
    let version: UInt64?
    let groups: [String]
    let lists: [List]
    var warnings: [String]
    /// Since when it is recorded which entries decide; `nil` if it is not.
    var hitsSince: UnixTime?

    init(_ id: String, _ whitelist: Whitelist, _ stored: StoredWarehouse?) {
        warehouseId = id
        mode = whitelist.mode
        version = stored?.version
        groups = stored?.groups ?? []
        lists = whitelist.lists.map { list in
            List(
                list: list.name.apiText,
                count: list.count,
                readOnly: stored == nil || !list.isOwn
            )
        }
        let found = WhitelistFindings(
            whitelist,
            limit: Self.warningLimit,
            entryLimit: Self.diagnosedCount,
            at: .systemTime
        )
        warnings = found.findings.map(\.message)
        if found.total > warnings.count {
            warnings.append("\((found.total - warnings.count).of("more warning"))")
        }
        guard !found.isComplete else { return }
        warnings.append(
            "\(whitelist.entryCount) entries are too many to be compared each time (use sluice"
                + " whitelist check)"
        )
    }
}

// MARK: - Groups

/// The calls for address groups, which several warehouses share.
struct GroupRoutes: Sendable {
    let api: APIRouter
    let writes: APIWriter

    func add() {
        api.on(.get, "/v1/groups", .read, .filtered) { try list($0) }
        api.onChange(.post, "/v1/groups", .operate, .organization) { try await create($0) }
        api.on(.get, "/v1/groups/{group}", .read, .filtered) { try get($0) }
        api.onChange(.patch, "/v1/groups/{group}", .operate, .organization) { try await change($0) }
        api.onChange(.delete, "/v1/groups/{group}", .operate, .organization) {
            try await remove($0)
        }
    }

    private struct GroupView: Encodable {
        let name: String
        let description: String?
        let count: Int
        let version: UInt64
        let warehouses: [String]

        /// - Parameter principal: sees only its own warehouses.
        init(_ group: AddressGroup, in policy: StoredPolicy, for principal: Principal) {
            name = group.name
            description = group.description.nonEmpty
            count = group.list.list.count
            version = group.version
            warehouses = policy.warehouses
                .filter { $0.value.groups.contains(group.name) }.map(\.key)
                .filter(principal.mayUse(warehouse:)).sorted()
        }
    }

    private struct NewGroup: APIBody {
        static let fields = ["name", "description"]
        var name: String
        var description: String?
    }

    private struct GroupPatch: APIBody {
        static let fields = ["name", "description"]
        var name: String?
        var description: String?
    }

    private func list(_ call: APICall) throws -> Response {
        try call.allowParameters(["page", "size"])
        let page = try PageRequest(call.request)
        let policy = writes.writer.store?.policy ?? StoredPolicy()
        let groups = policy.groups.values.filter { policy.shows($0.name, to: call.principal) }
            .sorted { $0.name < $1.name }
        let views = page.slice(of: groups).map { GroupView($0, in: policy, for: call.principal) }
        return try call.answer(views, page, total: groups.count)
    }

    private func get(_ call: APICall) throws -> Response {
        let name = try call.path("group")
        let policy = writes.writer.store?.policy ?? StoredPolicy()
        guard let group = policy.groups[name], policy.shows(name, to: call.principal) else {
            throw StoreRefusal.unknownGroup(name)
        }
        return try call.answer(GroupView(group, in: policy, for: call.principal))
    }

    private func create(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let body = try call.decode(NewGroup.self, from: bytes)
        let principal = call.principal
        return try await writes.write(call, bytes) { transaction in
            try transaction.createGroup(body.name, description: body.description ?? "")
            let group = try transaction.group(body.name)
            let view = GroupView(group, in: transaction.policy, for: principal)
            return try WriteAnswer("group", view, status: .created)
        }
    }

    private func change(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let body = try call.decode(GroupPatch.self, from: bytes)
        let (name, principal) = (try call.path("group"), call.principal)
        return try await writes.write(call, bytes) { transaction in
            if let description = body.description {
                try transaction.describeGroup(name, description)
            }
            if let newName = body.name { try transaction.renameGroup(name, to: newName) }
            let group = try transaction.group(body.name ?? name)
            let view = GroupView(group, in: transaction.policy, for: principal)
            return try WriteAnswer("group", view)
        }
    }

    private func remove(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let name = try call.path("group")
        return try await writes.write(call) { transaction in
            try transaction.removeGroup(name)
            return WriteAnswer()
        }
    }
}

extension EntryList {
    /// Whether it is the warehouse's own, and neither a group's nor a file's.
    fileprivate var isOwn: Bool {
        switch name {
        case .entries, .service: true
        case .group, .file: false
        }
    }
}

extension StoredPolicy {
    /// Whether a key may know of a group: one that is limited to some warehouses knows those that
    /// they use. Keys for all warehouses let a warehouse use a group in the first place.
    func shows(_ group: String, to principal: Principal) -> Bool {
        guard let ids = principal.warehouses else { return true }
        return ids.contains { warehouses[$0]?.groups.contains(group) ?? false }
    }
}
