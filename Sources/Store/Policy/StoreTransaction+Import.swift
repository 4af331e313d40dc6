import Addresses
import CIDRTrie
import GRDB
package import Policy
import Text

extension StoreTransaction {
    /// Takes over the policy of each warehouse of the configuration file that the store does not
    /// have yet.
    ///
    /// - Returns: the warehouses that were imported.
    package mutating func importNew(from configured: Policy) throws -> [String] {
        let new = configured.warehouses.keys.filter { policy.warehouses[$0] == nil }.sorted()
        for id in new { try importWarehouse(id, configured[id]) }
        return new
    }

    private mutating func importWarehouse(_ id: String, _ configured: WarehousePolicy) throws {
        try addWarehouse(id, mode: configured.whitelist.mode)
        let own = configured.whitelist.lists.first { $0.name == .entries }
        let entries = own.map(Self.uniqueEntries) ?? []
        if !entries.isEmpty {
            _ = try edit(.warehouse(id, service: nil), entries.map(EntryEdit.add))
        }
        for service in configured.endpointServices { try importService(service, of: id) }
        for endpoint in configured.endpoints { try importEndpoint(endpoint, of: id) }
        policy.warehouses[id]?.sortLinks()
        try record(
            AuditedAct(
                "warehouse.import",
                warehouse: id,
                after: [
                    "mode": .string(configured.whitelist.mode.rawValue),
                    "entries": .integer(Int64(entries.count)),
                    "endpointServices": .integer(Int64(configured.endpointServices.count)),
                    "endpoints": .integer(Int64(configured.endpoints.count)),
                ],
                note: "from the configuration file"
            )
        )
    }

    mutating func addWarehouse(_ id: String, mode: Whitelist.Mode) throws {
        touch()
        let warehouse = StoredWarehouse(mode: mode, version: policy.revision.number)
        policy.warehouses[id] = warehouse
        if let database { try PolicyRows.write(warehouse, id: id, to: database) }
    }

    private mutating func importService(_ service: EndpointService, of id: String) throws {
        var service = service
        service.createdAt = service.createdAt ?? now
        policy.warehouses[id]?.endpointServices.append(service)
        if let database { try PolicyRows.write(service, of: id, to: database) }
    }

    private mutating func importEndpoint(_ endpoint: Endpoint, of id: String) throws {
        var endpoint = endpoint
        endpoint.createdAt = endpoint.createdAt ?? now
        policy.warehouses[id]?.endpoints.append(endpoint)
        if let database { try PolicyRows.write(endpoint, of: id, to: database) }
    }

    /// A file may say the same block twice; of two that disagree, the one that denies counts.
    private static func uniqueEntries(of list: EntryList) -> [WhitelistEntry] {
        var places: [CIDRBlock: Int] = [:]
        var entries: [WhitelistEntry] = []
        for index in list.trie.rules.indices {
            let entry = list[index]
            guard let place = places[entry.rule.block] else {
                places[entry.rule.block] = entries.count
                entries.append(entry)
                continue
            }
            if entry.isStronger(than: entries[place]) { entries[place] = entry }
        }
        return entries
    }
}

extension WhitelistEntry {
    fileprivate func isStronger(than other: WhitelistEntry) -> Bool {
        guard isEnabled == other.isEnabled else { return isEnabled }
        guard rule.action == other.rule.action else { return rule.action == .deny }
        // The one that applies longer.
        guard let expiry = rule.expiry else { return other.rule.expiry != nil }
        return other.rule.expiry.map { expiry > $0 } ?? false
    }
}

// MARK: - Differences

/// What the configuration file says about a warehouse's policy and the store does not: the store
/// counts, and a reader of the file is misled.
package struct FileDifference: Hashable, Sendable {
    package var warehouse: String
    /// `entry 203.0.113.0/24`, `endpoint aws:vpce-…`, `mode specific`: at most
    /// ``namedLimit`` of them.
    package var names: [String]
    /// All of them.
    package var count: Int

    package static let namedLimit = 5
}

extension FileDifference: CustomStringConvertible {
    package var description: String {
        let rest = count > names.count ? " and \(count - names.count) more" : ""
        return
            "warehouse \(warehouse): the configuration file differs from the store, which counts:"
            + " \(names.joined(separator: ", "))\(rest) (change the policy by the API, and remove it"
            + " from the file)"
    }
}

extension StoredPolicy {
    /// Of each warehouse that differs.
    package func differences(from configured: Policy) -> [FileDifference] {
        configured.warehouses.sorted { $0.key < $1.key }.compactMap { id, file in
            warehouses[id].flatMap { $0.difference(from: file, id: id) }
        }
    }
}

extension StoredWarehouse {
    fileprivate func difference(from file: WarehousePolicy, id: String) -> FileDifference? {
        var difference = FileDifference(warehouse: id, names: [], count: 0)
        let own = list(for: nil)?.list
        if let list = file.whitelist.lists.first(where: { $0.name == .entries }),
            file.whitelist.lists != Whitelist.openToAll.lists
        {
            if mode != file.whitelist.mode { difference.add("mode \(file.whitelist.mode)") }
            for index in list.trie.rules.indices {
                let entry = list[index]
                guard let own, let stored = own.id(of: entry.rule.block).flatMap(own.index),
                    own[stored].rule.action == entry.rule.action
                else {
                    difference.add("entry \(entry.text)")
                    continue
                }
            }
        }
        for endpoint in file.endpoints
        where endpoints.first(where: { $0.name == endpoint.name })?.state != endpoint.state {
            difference.add("endpoint \(endpoint.name)")
        }
        for service in file.endpointServices
        where !endpointServices.contains(where: { $0.id == service.id }) {
            difference.add("endpoint service \(service.id)")
        }
        return difference.count > 0 ? difference : nil
    }
}

extension FileDifference {
    fileprivate mutating func add(_ name: String) {
        count += 1
        if names.count < Self.namedLimit { names.append(name) }
    }
}
