import Addresses
import CIDRTrie
import Foundation
import GRDB
import Policy
import Time

@testable import Store

/// The place of a store, in a folder of its own.
struct TestStore {
    static let now = UnixTime(seconds: 1_795_428_000)
    static let alice = AuditActor(
        kind: .key,
        id: "k1",
        name: "alice",
        address: "203.0.113.7"
    )

    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/sluice.db"
    }

    func open(_ mode: PolicyStore.Mode = .create) throws -> PolicyStore {
        try Self.waitingForLock { try PolicyStore(path: path, mode: mode) }
    }

    /// As ``PolicyStore/restore(_:to:by:at:)``, to this place and now.
    func restore(_ backup: String, by actor: AuditActor = Self.alice) throws
        -> PolicyStore.Restored
    {
        try Self.waitingForLock {
            try PolicyStore.restore(backup, to: path, by: actor, at: Self.now)
        }
    }

    /// A program that another test starts holds the lock of a store that was closed, too, until it
    /// runs (fork(2)).
    private static func waitingForLock<Value>(_ body: () throws -> Value) throws -> Value {
        for _ in 0..<50 {
            do {
                return try body()
            } catch let error as StoreError {
                guard case .locked = error else { throw error }
                usleep(20_000)
            }
        }
        return try body()
    }

    /// Runs SQL on the file, behind the store's back. The store must not be open.
    func execute(_ sql: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// The path of the file that says how far the store has come.
    var mark: String { path + ".mark" }

    /// The files of the database, but for the lock and the markers.
    var files: [String: Data] {
        var files: [String: Data] = [:]
        for suffix in ["", "-wal", "-shm"] {
            files[suffix] = FileManager.default.contents(atPath: path + suffix)
        }
        return files
    }

    /// Puts these files in the place of those that are there.
    func replaceFiles(by files: [String: Data]) throws {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            // `try?`: it may not be there.
            try? FileManager.default.removeItem(atPath: path + suffix)
            try files[suffix]?.write(to: URL(fileURLWithPath: path + suffix))
        }
    }
}

extension PolicyStore {
    /// As ``write(by:answering:isDryRun:at:_:)``, by Alice and now.
    @discardableResult
    func write<Value: Sendable>(
        _ body: (inout StoreTransaction) throws -> Value
    ) throws -> Written<Value> {
        try write(by: TestStore.alice, at: TestStore.now, body)
    }
}

/// All that a store holds, in a form that does not depend on how it came about.
struct Snapshot: Hashable {
    struct List: Hashable {
        var owner: String
        var name: EntryList.Name
        var entries: [UInt32: WhitelistEntry]
        var nextNumber: UInt32
    }

    var revision: PolicyRevision
    /// Without their lists.
    var warehouses: [String: StoredWarehouse]
    var groups: [String: [String]]
    var lists: Set<List> = []
    var outboundServices: [OutboundService]
    var keys: [String: APIKey]
    /// Documents and hashes.
    var audit: [String]

    init(_ store: PolicyStore) throws {
        let policy = store.policy
        revision = policy.revision
        warehouses = policy.warehouses.mapValues {
            var warehouse = $0
            warehouse.lists = []
            return warehouse
        }
        groups = policy.groups.mapValues { [$0.name, $0.description, "\($0.version)"] }
        outboundServices = policy.outboundServices
        keys = store.keyring.keys
        audit = try store.audit(after: 0, matching: AuditFilter(), limit: .max)
            .map { "\($0.document) \($0.hash)" }
        for (id, warehouse) in policy.warehouses {
            for list in warehouse.lists { add(list, of: id) }
        }
        for (name, group) in policy.groups { add(group.list, of: name) }
    }

    private mutating func add(_ stored: StoredList, of owner: String) {
        var entries: [UInt32: WhitelistEntry] = [:]
        for (id, entry) in stored.list.entries { entries[id.number] = entry }
        lists.insert(
            List(
                owner: "\(owner) \(stored.row)",
                name: stored.list.name,
                entries: entries,
                nextNumber: stored.list.nextNumber
            )
        )
    }
}

extension WhitelistEntry {
    init(
        _ block: String,
        _ action: Action = .allow,
        description: String = "",
        expiry: UnixTime? = nil
    ) throws {
        self.init(
            Rule(
                block: try CIDRBlock(parsing: block),
                action: action,
                description: description,
                expiry: expiry
            ),
            editor: "alice",
            editedAt: TestStore.now
        )
    }
}

extension Policy {
    /// Two warehouses, `W1` and `W2`, without entries.
    static let pair = Policy([
        "W1": WarehousePolicy(whitelist: Whitelist(mode: .specific)),
        "W2": WarehousePolicy(whitelist: Whitelist(mode: .anywhere)),
    ])
}

extension ListReference {
    static let first = ListReference.warehouse("W1", service: nil)
    static let second = ListReference.warehouse("W2", service: nil)
}

extension TestStore {
    /// A store that has some of everything, closed.
    ///
    /// - Returns: what it holds.
    @discardableResult
    func fill(entryCount: Int = 40) throws -> Snapshot {
        let store = try open()
        try store.write { try $0.importNew(from: .pair) }
        try store.write { transaction in
            try transaction.createGroup("offices", description: "all offices")
            try transaction.createGroup("partners", description: "")
            try transaction.setGroups(["offices", "partners"], of: "W1")
            try transaction.setGroups(["offices"], of: "W2")
        }
        for (place, reference) in Self.lists.enumerated() {
            let entries = try (0..<entryCount).map { number in
                try WhitelistEntry(
                    "10.\(place).\(number / 250).\(number % 250)/32",
                    number.isMultiple(of: 7) ? .deny : .allow,
                    description: number.isMultiple(of: 3) ? "host \(number)" : "",
                    expiry: number.isMultiple(of: 5) ? UnixTime(seconds: 1_900_000_000) : nil
                )
            }
            try store.write { transaction in
                let ids = try transaction.add(entries, to: reference)
                try transaction.remove(ids[1], from: reference)
            }
        }
        try store.write { transaction in
            for number in 0..<6 {
                try transaction.setEndpoint(
                    Endpoint(id: "vpce-\(number)", cloud: .aws, state: .available),
                    of: "W1",
                    action: "endpoint.add"
                )
                try transaction.setEndpointService(
                    EndpointService(id: "vpce-svc-\(number)", cloud: .aws, region: "eu-west-1"),
                    of: "W2",
                    action: "endpointService.add"
                )
                try transaction.setOutboundService(
                    OutboundService(id: "svc-\(number)"),
                    action: "outboundService.add"
                )
            }
        }
        try store.write { transaction in
            for number in 0..<3 {
                try transaction.setOutboundEndpoint(
                    OutboundEndpoint(named: "out-\(number)", on: "svc-\(number)"),
                    of: "W\(1 + number % 2)",
                    action: "outboundEndpoint.create"
                )
            }
            try transaction.setShadow(
                of: SocketAddress(.v4(IPv4Address(bits: 0)), port: 9030),
                until: UnixTime(seconds: TestStore.now.seconds + 3_600),
                of: "W1"
            )
        }
        try store.write { transaction in
            for number in 0..<6 {
                let key = try transaction.createKey(.init(name: "key \(number)", role: .operate))
                guard number == 3 else { continue }
                _ = try transaction.changeKey(key.key.id) { $0.isEnabled = false }
            }
        }
        return try Snapshot(store)
    }

    static let lists: [ListReference] = [
        .first, .second, .warehouse("W1", service: .mysql), .group("offices"), .group("partners"),
    ]
}

extension OutboundEndpoint {
    init(named name: String, on service: String, address: String? = nil) {
        self.init(
            id: "oe-\(name)",
            name: name,
            service: service,
            port: 15_000,
            address: address,
            createdAt: TestStore.now
        )
    }
}

extension OutboundService {
    init(id: String, description: String = "") {
        self.init(
            cloudProvider: "aws",
            region: "eu-west-1",
            id: id,
            name: "name of \(id)",
            description: description,
            createdAt: TestStore.now
        )
    }
}
