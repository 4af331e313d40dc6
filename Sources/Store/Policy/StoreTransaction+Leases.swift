package import Addresses
import CIDRTrie
package import Policy
import Text
package import Time

/// How many leases there may be, and how long one lasts. All are of leases that have not expired.
package enum LeaseLimits {
    package static let perKey = 20
    package static let perWarehouse = 1_000
    package static let duration: ClosedRange<Duration> = .seconds(1)...(.seconds(86_400))
}

/// Who holds a lease: the editor of its entry.
package struct LeaseHolder: Hashable, Sendable {
    /// Of the key, which is not given to another one.
    package var keyID: String
    package var keyName: String

    package init(keyID: String, keyName: String) {
        self.keyID = keyID
        self.keyName = keyName
    }

    /// No key has a name with this in it, and no user of the machine.
    static let mark = " (lease of key "

    /// `ci (lease of key k7m2p9xw4q)`
    var editor: String { "\(keyName)\(Self.mark)\(keyID))" }

    /// Whether an entry's editor is this key, whatever its name was then.
    func isEditor(_ editor: String) -> Bool { editor.hasSuffix("\(Self.mark)\(keyID))") }

    /// Whether an entry with this editor is a lease, of whichever key.
    package static func isHolder(_ editor: String) -> Bool { editor.contains(mark) }
}

/// An address that is admitted for a while at the wish of its client.
package struct Lease: Hashable, Sendable {
    package enum Outcome: String, Hashable, Sendable, Codable {
        case created, extended
        /// There is an entry that admits the address, which is left as it is.
        case alreadyAllowed
    }

    package var reference: EntryReference
    package var entry: WhitelistEntry
    package var outcome: Outcome
}

/// What a client wants.
package struct LeaseRequest: Sendable {
    package var holder: LeaseHolder
    package var address: IPAddress
    package var duration: Duration
    package var description: String?
    package var warehouse: String
    /// The only service; `nil` for all.
    package var service: ServiceProtocol?

    package init(
        holder: LeaseHolder,
        address: IPAddress,
        duration: Duration,
        description: String? = nil,
        warehouse: String,
        service: ServiceProtocol? = nil
    ) {
        self.holder = holder
        self.address = address.unmapped
        self.duration = duration
        self.description = description
        self.warehouse = warehouse
        self.service = service
    }

    var list: ListReference { .warehouse(warehouse, service: service) }
}

extension StoreTransaction {
    /// Admits an address for a while, as an entry of its own.
    ///
    /// It lifts no denial: if the entry that decides on the address, leases aside, denies it, the
    /// lease is refused.
    ///
    /// - Parameter files: list files, whose entries count too.
    package mutating func lease(_ request: LeaseRequest, files: [EntryList]) throws -> Lease {
        guard LeaseLimits.duration.contains(request.duration) else {
            throw StoreRefusal.invalid(field: "ttl", reason: "a lease lasts from 1s to 24h")
        }
        try pruneLeases(of: request.warehouse)
        try refuseIfDenied(request, files)
        let expiry = UnixTime(seconds: now.seconds + request.duration.components.seconds)
        let block = CIDRBlock(request.address)
        guard let list = try list(request.list)?.list, let id = list.id(of: block) else {
            return try create(request, block, until: expiry)
        }
        let before = try entry(id, in: request.list)
        let reference = request.list.reference(to: id)
        let hasExpired = before.rule.hasExpired(at: now)
        if !before.isEnabled, !hasExpired {
            throw StoreRefusal.conflict(
                "\(block.network) is in the list as entry \(reference), which is disabled (an operator"
                    + " can enable or remove it)"
            )
        }
        let isLease = LeaseHolder.isHolder(before.editor)
        // An operator's entry is left as it is while it counts; a lease only ever becomes longer.
        if !hasExpired, !isLease || (before.rule.expiry ?? expiry) > expiry {
            return Lease(reference: reference, entry: before, outcome: .alreadyAllowed)
        }
        if hasExpired || !request.holder.isEditor(before.editor) {
            try checkLeaseCount(of: request)
        }
        var entry = before
        entry.isEnabled = true
        entry.rule.action = .allow
        entry.rule.expiry = expiry
        if let description = request.description { entry.rule.description = description }
        (entry.editor, entry.editedAt) = (request.holder.editor, now)
        _ = try edit(request.list, [.change(id, to: entry)])
        try recordLease("extend", request.list, id, before: before, after: entry)
        return Lease(reference: reference, entry: entry, outcome: .extended)
    }

    private mutating func create(
        _ request: LeaseRequest,
        _ block: CIDRBlock,
        until expiry: UnixTime
    ) throws -> Lease {
        try checkLeaseCount(of: request)
        let entry = WhitelistEntry(
            Rule(
                block: block,
                description: request.description ?? "lease of \(request.holder.keyName)",
                expiry: expiry
            ),
            text: block.network.description,
            editor: request.holder.editor,
            editedAt: now
        )
        let id = try edit(request.list, [.add(entry)])[0]
        try recordLease("create", request.list, id, after: entry)
        return Lease(reference: request.list.reference(to: id), entry: entry, outcome: .created)
    }

    /// Ends a lease of its own.
    package mutating func releaseLease(
        _ reference: EntryReference,
        of holder: LeaseHolder,
        in warehouse: String
    ) throws -> Lease {
        let list = ListReference.warehouse(warehouse, service: reference.service)
        let entry = try entry(reference.id, in: list)
        // To others it does not exist.
        guard holder.isEditor(entry.editor) else { throw StoreRefusal.unknownEntry(reference) }
        _ = try edit(list, [.remove(reference.id)])
        try recordLease("release", list, reference.id, before: entry)
        return Lease(reference: reference, entry: entry, outcome: .extended)
    }

    private mutating func recordLease(
        _ action: String,
        _ list: ListReference,
        _ id: EntryID,
        before: WhitelistEntry? = nil,
        after: WhitelistEntry? = nil
    ) throws {
        guard case .warehouse(let warehouse, _) = list else { return }
        try record(
            AuditedAct(
                "whitelist.lease.\(action)",
                warehouse: warehouse,
                target: "\(list.reference(to: id))",
                before: before?.auditValue,
                after: after?.auditValue
            )
        )
    }
}

// MARK: - Bounds

extension StoreTransaction {
    /// Removes the expired leases of a warehouse, so that their number stays bounded.
    private mutating func pruneLeases(of id: String) throws {
        for stored in try warehouse(id).lists {
            let expired = stored.list.entries(editedBy: LeaseHolder.isHolder)
                .filter { $0.entry.rule.hasExpired(at: now) }
            guard !expired.isEmpty else { continue }
            let list = ListReference.warehouse(id, service: stored.list.name.ownService)
            _ = try edit(list, expired.map { .remove($0.id) })
            try record(
                AuditedAct(
                    "whitelist.lease.expire",
                    warehouse: id,
                    target: stored.list.name.ownService?.rawValue,
                    after: ["removed": .integer(Int64(expired.count))]
                )
            )
        }
    }

    private func checkLeaseCount(of request: LeaseRequest) throws {
        var own = 0
        for id in policy.warehouses.keys {
            own += policy.leases(of: id, at: now, heldBy: request.holder.isEditor).count
        }
        guard own < LeaseLimits.perKey else {
            throw StoreRefusal.tooMany(
                "this key holds \(own) leases, the most that it may (release one, or wait until one"
                    + " expires)"
            )
        }
        let all = policy.leases(of: request.warehouse, at: now, heldBy: LeaseHolder.isHolder)
        guard all.count < LeaseLimits.perWarehouse else {
            throw StoreRefusal.tooMany(
                "warehouse \(request.warehouse) has \(all.count) leases, the most that it may (wait"
                    + " until one expires)"
            )
        }
    }

    /// Looks for the entry that decides on the address, leases aside.
    private func refuseIfDenied(_ request: LeaseRequest, _ files: [EntryList]) throws {
        let warehouse = try warehouse(request.warehouse)
        let lists = (policy.lists(of: warehouse) + files).filter { list in
            request.service.map(list.name.counts(for:)) ?? true
        }
        for length in (0...request.address.family.bitWidth).reversed() {
            let block = CIDRBlock(containing: request.address, prefixLength: length)
            var isDecided = false
            for list in lists {
                for entry in list.trie.indices(of: block).lazy.map({ list[$0] })
                where entry.isEnabled && !entry.rule.hasExpired(at: now)
                    && !LeaseHolder.isHolder(entry.editor)
                {
                    isDecided = true
                    guard entry.rule.action == .deny else { continue }
                    throw StoreRefusal.conflict(
                        "\(request.address) is denied by \(entry.text) in the list"
                            + " \(list.name.words): a lease lifts no denial (an operator can change"
                            + " that entry)"
                    )
                }
            }
            if isDecided { return }
        }
    }
}

extension EntryList.Name {
    fileprivate var ownService: ServiceProtocol? {
        if case .service(let service) = self { service } else { nil }
    }

    fileprivate var words: String {
        switch self {
        case .entries: "entries"
        case .service(let service): service.rawValue
        case .group(let name): "group:\(name)"
        case .file(let path): "file:\(path)"
        }
    }
}

// MARK: - Reading

extension StoredPolicy {
    /// The leases of a warehouse that have not expired, those that end first at the beginning.
    package func leases(
        of warehouse: String,
        at now: UnixTime,
        heldBy holder: LeaseHolder?
    ) -> [Lease] {
        leases(of: warehouse, at: now, heldBy: holder?.isEditor ?? LeaseHolder.isHolder)
    }

    fileprivate func leases(
        of warehouse: String,
        at now: UnixTime,
        heldBy isHolder: (String) -> Bool
    ) -> [Lease] {
        let lists = warehouses[warehouse]?.lists ?? []
        let leases = lists.flatMap { stored in
            stored.list.entries(editedBy: isHolder)
                .filter { !$0.entry.rule.hasExpired(at: now) }
                .map { id, entry in
                    Lease(
                        reference: .init(service: stored.list.name.ownService, id: id),
                        entry: entry,
                        outcome: .extended
                    )
                }
        }
        return leases.sorted {
            ($0.entry.rule.expiry ?? now, $0.reference.id.number)
                < ($1.entry.rule.expiry ?? now, $1.reference.id.number)
        }
    }
}
