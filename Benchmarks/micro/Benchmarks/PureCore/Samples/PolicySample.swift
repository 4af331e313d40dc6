import Addresses
import CIDRTrie
import Policy

/// A policy, and clients of whom it says the same.
struct PolicySample {
    let policy: AccessPolicy
    let clients: [IPAddress]
    var endpoint: EndpointName?

    /// What the policy says of one of the clients.
    func verdict(on client: IPAddress) -> AccessVerdict {
        policy.verdict(client: client, endpoint: endpoint, at: Sample.now)
    }

    func requireVerdict(_ denial: DenialReason?) {
        let isSo = clients.allSatisfy { verdict(on: $0).denial == denial }
        require(isSo, "another verdict than \(denial?.rawValue ?? "admission")")
    }
}

extension PolicySample {
    /// The policy asks nobody's address.
    static func anybody(_ policy: AccessPolicy, through endpoint: EndpointName? = nil) -> Self {
        Self(policy: policy, clients: Sample.addresses(.v4), endpoint: endpoint)
    }

    /// A whitelist, and clients inside or beside its rules.
    static func whitelist(_ rules: [Rule], _ place: LookupSample.Addresses) throws -> Self {
        let list = try LookupSample(place, rules)
        let whitelist = Whitelist(mode: .specific, lists: [EntryList(.entries, list.trie)])
        return Self(policy: .entries(whitelist), clients: Array(list.pass(0)))
    }

    /// A whitelist's own rules, beside three lists that came compiled.
    static func lists(_ rules: [Rule]) throws -> Self {
        let list = try LookupSample(.inside, rules)
        let files = (0..<3).map { EntryList(.file("\($0)"), list.trie) }
        let lists = [EntryList(.entries, list.trie)] + files
        let whitelist = Whitelist(mode: .specific, lists: lists)
        return Self(policy: .entries(whitelist), clients: Array(list.pass(0)))
    }

    /// So many endpoints that may come in, and the one that does.
    static func endpoints(count: Int) -> Self {
        let names = (0..<count).map { EndpointName(.aws, "vpce-0123456789abcdef\($0)") }
        let states = names.map { ($0, Endpoint.State.available) }
        let policy = AccessPolicy.endpoints(Dictionary(uniqueKeysWithValues: states))
        return .anybody(policy, through: names[count / 2])
    }
}

extension [Rule] {
    /// The same rules, changed.
    func with(_ change: (inout Rule) -> Void) -> Self {
        map { rule in
            var rule = rule
            change(&rule)
            return rule
        }
    }
}
