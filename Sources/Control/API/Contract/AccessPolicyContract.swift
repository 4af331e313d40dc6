import CIDRTrie
import Policy
import Store
import Text
import Time

/// A whitelist in the terms of the contract, and back.
///
/// The contract owns the enabled allow entries that never expire and count for every service. It
/// replaces those; denials, expiring and disabled entries, entries for one service, groups and files
/// are not its own, and stay.
enum AccessPolicyContract {
    static let denyAll = "DENY_ALL"
    static let allowAll = "ALLOW_ALL"
    static let allowlistOnly = "ALLOWLIST_ONLY"

    static func isOwned(_ entry: WhitelistEntry) -> Bool {
        entry.isEnabled && entry.rule.action == .allow && entry.rule.expiry == nil
    }

    /// What the contract's client is shown.
    static func view(of whitelist: Whitelist) -> Contract.AccessPolicy {
        let list = whitelist.lists.first { $0.name == .entries }
        switch whitelist.mode {
        case .anywhere: return Contract.AccessPolicy(publicAccessPolicy: allowAll, allowlist: [])
        case .nowhere: return Contract.AccessPolicy(publicAccessPolicy: denyAll, allowlist: [])
        case .specific:
            let owned = list?.entries.map(\.entry).filter(isOwned) ?? []
            if Set(owned.map(\.rule.block)) == [.allIPv4, .allIPv6] {
                return Contract.AccessPolicy(publicAccessPolicy: allowAll, allowlist: [])
            }
            return Contract.AccessPolicy(
                publicAccessPolicy: allowlistOnly,
                allowlist: owned.map { entry in
                    Contract.Rule(
                        cidr: entry.text,
                        description: entry.rule.description.nonEmpty
                    )
                }
            )
        }
    }
}

/// `PATCH …/access-policy`
struct AccessPolicyPatch: APIBody {
    static let fields = ["publicAccessPolicy", "rules"]

    struct Rule: APIBody {
        static let fields = ["cidr", "description"]
        var cidr: String
        var description: String?
    }

    var publicAccessPolicy: String
    var rules: [Strict<Rule>]?

    /// The change, checked.
    func change(by editor: String, at now: UnixTime) throws -> AccessPolicyChange {
        let entries = try (rules ?? []).enumerated().map { index, rule in
            WhitelistEntry(
                CIDRTrie.Rule(
                    block: try EntryField.block(rule.value.cidr, "rules[\(index)].cidr"),
                    description: rule.value.description ?? ""
                ),
                text: rule.value.cidr,
                editor: editor,
                editedAt: now
            )
        }
        switch publicAccessPolicy {
        case AccessPolicyContract.allowlistOnly:
            return AccessPolicyChange(mode: .specific, entries: entries)
        case AccessPolicyContract.allowAll, AccessPolicyContract.denyAll:
            guard entries.isEmpty else {
                throw RequestError.invalid(
                    "rules",
                    "only possible with ALLOWLIST_ONLY, not with \(publicAccessPolicy)"
                )
            }
            let isOpen = publicAccessPolicy == AccessPolicyContract.allowAll
            return AccessPolicyChange(mode: isOpen ? .anywhere : .nowhere, entries: nil)
        default:
            throw RequestError.invalid(
                "publicAccessPolicy",
                "expected DENY_ALL, ALLOW_ALL or ALLOWLIST_ONLY, found"
                    + " \(publicAccessPolicy.quoted)"
            )
        }
    }
}

/// What the contract asks for.
struct AccessPolicyChange: Sendable {
    let mode: Whitelist.Mode
    /// `nil` to leave the entries as they are.
    let entries: [WhitelistEntry]?

    func apply(to transaction: inout StoreTransaction, of warehouse: String) throws {
        try transaction.setMode(mode, of: warehouse)
        guard let entries else { return }
        let reference = ListReference.warehouse(warehouse, service: nil)
        let list = try transaction.list(reference)?.list
        if let list { try checkDenials(list, reference) }
        let others = list.map { $0.entries.count { !AccessPolicyContract.isOwned($0.entry) } } ?? 0
        let taken = list.map { list in
            entries.count { entry in
                list.id(of: entry.rule.block).flatMap(list.index)
                    .map { !AccessPolicyContract.isOwned(list[$0]) } ?? false
            }
        }
        let left = others - (taken ?? 0)
        _ = try transaction.replace(
            in: reference,
            where: AccessPolicyContract.isOwned,
            by: entries,
            note: left > 0
                ? "\(left.of("entry")) that the contract does not own left as they are" : nil
        )
    }

    /// An entry that denies a block is not replaced by one that allows it.
    private func checkDenials(_ list: EntryList, _ reference: ListReference) throws {
        for entry in entries ?? [] {
            guard let id = list.id(of: entry.rule.block), let index = list.index(of: id),
                list[index].rule.action == .deny
            else { continue }
            throw StoreRefusal.conflict(
                "\(entry.text) is denied by entry \(reference.reference(to: id)) of the whitelist"
                    + " (remove that entry first)"
            )
        }
    }
}
