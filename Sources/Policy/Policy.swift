public import Addresses
import Text
public import Time

/// Who may connect to each warehouse: what people and programs change while the gateway runs.
///
/// A value: a change makes a new policy, in which every list that it does not touch is the same
/// object as before. The topology (listeners, services, backends) is apart, and changes with the
/// deployment.
public struct Policy: Hashable, Sendable {
    /// By the id of the warehouse. A warehouse without a policy admits no client.
    public var warehouses: [String: WarehousePolicy]

    public init(_ warehouses: [String: WarehousePolicy] = [:]) {
        self.warehouses = warehouses
    }

    public subscript(warehouse: String) -> WarehousePolicy {
        warehouses[warehouse] ?? WarehousePolicy()
    }
}

extension Policy {
    /// ``EntryList/series`` of every list.
    public var series: Set<UInt32> {
        Set(warehouses.values.flatMap { $0.whitelist.lists.map(\.series) })
    }
}

extension Policy {
    /// Makes each list that is also in `before` a version of that one: hits continue to be counted,
    /// and entries that are the same are the same object.
    ///
    /// A group stays one object in all warehouses that have it.
    public mutating func continueSeries(of before: Policy) {
        let groups = before.groups
        var continued: [ObjectIdentifier: EntryList] = [:]
        for (id, policy) in warehouses {
            let old = before.warehouses[id]?.whitelist.lists ?? []
            for (position, list) in policy.whitelist.lists.enumerated() {
                let isGroup = list.name.isGroup
                let known =
                    isGroup ? groups[list.name] : old.first(where: { $0.name == list.name })
                guard let known else { continue }
                let key = ObjectIdentifier(list)
                let new = (isGroup ? continued[key] : nil) ?? list.continuing(known)
                if isGroup { continued[key] = new }
                guard new !== list else { continue }
                warehouses[id]?.whitelist.lists[position] = new
            }
        }
    }

    /// The groups of all warehouses.
    private var groups: [EntryList.Name: EntryList] {
        var groups: [EntryList.Name: EntryList] = [:]
        for policy in warehouses.values {
            for list in policy.whitelist.lists where list.name.isGroup { groups[list.name] = list }
        }
        return groups
    }
}

extension EntryList.Name {
    fileprivate var isGroup: Bool {
        if case .group = self { true } else { false }
    }

    /// Whether the list is created by the first edit.
    fileprivate var isImplied: Bool {
        switch self {
        case .entries, .service: true
        case .group, .file: false
        }
    }
}

/// Who may connect to one warehouse.
public struct WarehousePolicy: Hashable, Sendable {
    /// Applies to its public links only.
    public var whitelist: Whitelist
    /// The provider's side of its private links.
    public var endpointServices: [EndpointService]
    /// The consumers' side. Only applies to its private links. Names are unique.
    public var endpoints: [Endpoint]
    /// The listeners in shadow mode, by their configured addresses, and until when: clients that no
    /// entry of the whitelist matches are admitted there, and recorded.
    public var shadows: [SocketAddress: UnixTime]

    /// Admits no client, unless parameters say otherwise.
    public init(
        whitelist: Whitelist = .empty,
        endpointServices: [EndpointService] = [],
        endpoints: [Endpoint] = [],
        shadows: [SocketAddress: UnixTime] = [:]
    ) {
        self.whitelist = whitelist
        self.endpointServices = endpointServices
        self.endpoints = endpoints
        self.shadows = shadows
    }
}

/// A state of the policy, as its source counts them.
public struct PolicyRevision: Hashable, Sendable, Comparable {
    public var number: UInt64

    public init(_ number: UInt64) {
        self.number = number
    }

    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// Encoded as a number.
extension PolicyRevision: Codable {
    public init(from decoder: any Decoder) throws {
        number = try decoder.singleValueContainer().decode(UInt64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}

extension PolicyRevision: CustomStringConvertible {
    public var description: String { "\(number)" }
}

// MARK: - Changes

/// One change of a policy.
public enum PolicyChange: Hashable, Sendable {
    /// Gives a warehouse a policy, in place of the one it has, if any.
    case set(WarehousePolicy, of: String)
    /// Removes a warehouse's policy: it no longer admits any client.
    case remove(String)
    case setMode(Whitelist.Mode, of: String)
    /// Edits a list of a warehouse's whitelist; `entries` or a service's list is created if it does
    /// not exist. A group is changed in all warehouses that share it.
    case edit([EntryEdit], in: EntryList.Name, of: String)
    /// Adds an endpoint, or changes the one of this name.
    case setEndpoint(Endpoint, of: String)
    case removeEndpoint(EndpointName, of: String)
    /// Adds an endpoint service, or changes the one of this cloud and id.
    case setEndpointService(EndpointService, of: String)
    case removeEndpointService(Cloud, id: String, of: String)
}

/// Why a change cannot be made. Always the writer's error; nothing has changed.
public enum PolicyChangeError: Error, Hashable, Sendable {
    case noSuchWarehouse(String)
    case noSuchList(EntryList.Name, of: String)
    case noSuchEndpoint(EndpointName, of: String)
    case noSuchEndpointService(Cloud, id: String, of: String)
    case entries(EntryEditError, of: String)
}

extension PolicyChangeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noSuchWarehouse(let id): "unknown warehouse \(id)"
        case .noSuchList(.entries, let id): "the whitelist of \(id) has no entries of its own"
        case .noSuchList(.service(let service), let id):
            "the whitelist of \(id) has no entries for \(service.rawValue)"
        case .noSuchList(.group(let name), let id):
            "the whitelist of \(id) has no group \(name.quoted)"
        case .noSuchList(.file(let path), let id): "the whitelist of \(id) has no list \(path)"
        case .noSuchEndpoint(let name, let id): "warehouse \(id) has no endpoint \(name)"
        case .noSuchEndpointService(let cloud, let service, let id):
            "warehouse \(id) has no endpoint service \(cloud.rawValue):\(service)"
        case .entries(let error, let id): "the whitelist of \(id): \(error)"
        }
    }
}

extension Policy {
    /// Makes `changes` in order: all of them or, if one is rejected, none.
    public mutating func apply(_ changes: [PolicyChange]) throws(PolicyChangeError) {
        var draft = self
        for change in changes { try draft.apply(change) }
        self = draft
    }

    private mutating func apply(_ change: PolicyChange) throws(PolicyChangeError) {
        switch change {
        case .set(let policy, let id): warehouses[id] = policy
        case .remove(let id): warehouses[id] = nil
        case .setMode(let mode, let id):
            try update(id) { (policy) throws(PolicyChangeError) in policy.whitelist.mode = mode }
        case .edit(let edits, let list, let id):
            try edit(list, edits, of: id)
        case .setEndpoint(let endpoint, let id):
            try update(id) { (policy) throws(PolicyChangeError) in
                policy.endpoints.set(endpoint) { $0.name == endpoint.name }
            }
        case .removeEndpoint(let name, let id):
            try update(id) { (policy) throws(PolicyChangeError) in
                guard policy.endpoints.remove({ $0.name == name }) else {
                    throw .noSuchEndpoint(name, of: id)
                }
            }
        case .setEndpointService(let service, let id):
            try update(id) { (policy) throws(PolicyChangeError) in
                policy.endpointServices.set(service) {
                    $0.cloud == service.cloud && $0.id == service.id
                }
            }
        case .removeEndpointService(let cloud, let service, let id):
            try update(id) { (policy) throws(PolicyChangeError) in
                let isIt = { (other: EndpointService) in other.cloud == cloud && other.id == service
                }
                guard policy.endpointServices.remove(isIt) else {
                    throw .noSuchEndpointService(cloud, id: service, of: id)
                }
            }
        }
    }

    private mutating func edit(
        _ name: EntryList.Name,
        _ edits: [EntryEdit],
        of id: String
    ) throws(PolicyChangeError) {
        var edited: (before: EntryList, after: EntryList)?
        try update(id) { (policy) throws(PolicyChangeError) in
            edited = try policy.whitelist.edit(name, edits, of: id)
        }
        guard name.isGroup, let edited else { return }
        for (id, policy) in warehouses {
            for (position, list) in policy.whitelist.lists.enumerated()
            where list === edited.before {
                warehouses[id]?.whitelist.lists[position] = edited.after
            }
        }
    }

    private mutating func update(
        _ id: String,
        _ body: (inout WarehousePolicy) throws(PolicyChangeError) -> Void
    ) throws(PolicyChangeError) {
        guard var policy = warehouses[id] else { throw .noSuchWarehouse(id) }
        try body(&policy)
        warehouses[id] = policy
    }
}

extension Whitelist {
    /// - Returns: the list before and after the edit.
    fileprivate mutating func edit(
        _ name: EntryList.Name,
        _ edits: [EntryEdit],
        of warehouse: String
    ) throws(PolicyChangeError) -> (EntryList, EntryList) {
        if name.isImplied, !lists.contains(where: { $0.name == name }) {
            let place = lists.firstIndex { $0.name > name } ?? lists.endIndex
            lists.insert(EntryList(name, rules: []), at: place)
        }
        guard let position = lists.firstIndex(where: { $0.name == name }) else {
            throw .noSuchList(name, of: warehouse)
        }
        let before = lists[position]
        do throws(EntryEditError) {
            lists[position] = try before.applying(edits).list
            return (before, lists[position])
        } catch {
            throw .entries(error, of: warehouse)
        }
    }
}

extension Array {
    /// Replaces the element that satisfies `isIt`, or appends `element`.
    fileprivate mutating func set(_ element: Element, _ isIt: (Element) -> Bool) {
        if let position = firstIndex(where: isIt) {
            self[position] = element
        } else {
            append(element)
        }
    }

    /// - Returns: whether there was such an element.
    fileprivate mutating func remove(_ isIt: (Element) -> Bool) -> Bool {
        guard let position = firstIndex(where: isIt) else { return false }
        remove(at: position)
        return true
    }
}
