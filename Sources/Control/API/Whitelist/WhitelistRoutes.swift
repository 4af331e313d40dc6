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
        api.on(.get, path, .read, .warehouse) { try get($0) }
        api.onChange(.patch, path, .operate, .warehouse) { try await change($0) }
    }

    private func get(_ call: APICall) throws -> Response {
        try call.allowParameters([])
        let id = try call.warehouse
        return try call.answer(
            WhitelistView(
                id,
                api.gateway.policy[id].whitelist,
                writes.writer.store?.policy.warehouses[id]
            )
        )
    }

    private func change(_ call: APICall) async throws -> Response {
        try call.allowParameters(["confirm", "dryRun"])
        let bytes = try await call.bytes()
        let patch = try call.decode(WhitelistPatch.self, from: bytes)
        let id = try call.warehouse
        let mode = try patch.mode.map(EntryField.mode)
        return try await writes.write(call, bytes) {
            [configured = writes.writer.configured] transaction in
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

    /// A longer list is not searched for entries without effect on each look.
    private static let diagnosedCount = 20_000
    private static let warningLimit = 100

    let warehouseId: String
    let mode: Whitelist.Mode
    /// `nil` if the policy is not in a store.
    let version: UInt64?
    let groups: [String]
    let lists: [List]
    let warnings: [String]

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
        warnings = whitelist.lists.filter { $0.count <= Self.diagnosedCount }
            .flatMap { Self.warnings(of: $0) }
            .prefix(Self.warningLimit).map(\.self)
    }

    private static func warnings(of list: EntryList) -> [String] {
        let now = UnixTime.systemTime
        let enabled = list.trie.rules.indices.filter { list.trie.rules.isEnabled($0) }
        let diagnosis = RuleDiagnosis(
            of: RuleSet(strictest: enabled.map { list.trie.rules[$0] }),
            at: now
        )
        return diagnosis.idleRules.map { idle in
            let place = enabled[idle.rule]
            let name =
                list.isOwn
                ? "\(list[place].text) (entry \(list.reference(at: place)))"
                : "\(list.name.apiText): \(list[place].text)"
            return switch idle.reason {
            case .covered(let around):
                "\(name) is redundant: covered by \(list[enabled[around]].text)"
            case .shadowed: "\(name) has no effect: longer prefixes cover all of its addresses"
            case .alreadyDenied: "\(name) has no effect: no other entry admits these addresses"
            }
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

    fileprivate func reference(at index: Int) -> EntryReference {
        EntryReference(service: name.service, id: id(at: index))
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
        let description: String
        let count: Int
        let version: UInt64
        let warehouses: [String]

        /// - Parameter principal: sees only its own warehouses.
        init(_ group: AddressGroup, in policy: StoredPolicy, for principal: Principal) {
            name = group.name
            description = group.description
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
        let groups = policy.groups.values.sorted { $0.name < $1.name }
        let views = page.slice(of: groups).map { GroupView($0, in: policy, for: call.principal) }
        return try call.answer(views, page, total: groups.count)
    }

    private func get(_ call: APICall) throws -> Response {
        let name = try call.path("group")
        let policy = writes.writer.store?.policy ?? StoredPolicy()
        guard let group = policy.groups[name] else { throw StoreRefusal.unknownGroup(name) }
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
