import Addresses
import CIDRTrie
import Policy

/// A policy, and clients about which it decides the same.
struct PolicySample {
    let policy: AccessPolicy
    let clients: [IPAddress]
    var endpoint: EndpointName?

    /// The policy's decision about one of the clients.
    func verdict(on client: IPAddress) -> AccessVerdict {
        policy.verdict(client: client, endpoint: endpoint, at: Sample.now)
    }

    func requireVerdict(_ denial: DenialReason?) {
        let isSo = clients.allSatisfy { verdict(on: $0).denial == denial }
        require(isSo, "another verdict than \(denial?.rawValue ?? "admission")")
    }
}

extension PolicySample {
    /// The policy does not look at addresses.
    static func anybody(_ policy: AccessPolicy, through endpoint: EndpointName? = nil) -> Self {
        Self(policy: policy, clients: Sample.addresses(.v4), endpoint: endpoint)
    }

    /// A whitelist, and clients inside or next to its rules.
    static func whitelist(_ rules: [Rule], _ place: LookupSample.Addresses) throws -> Self {
        let list = try LookupSample(place, rules)
        let whitelist = Whitelist(mode: .specific, lists: [EntryList(.entries, list.trie)])
        return Self(policy: .entries(whitelist), clients: Array(list.pass(0)))
    }

    /// A whitelist's own rules, in addition to three compiled lists.
    static func lists(_ rules: [Rule]) throws -> Self {
        let list = try LookupSample(.inside, rules)
        let files = (0..<3).map { EntryList(.file("\($0)"), list.trie) }
        let lists = [EntryList(.entries, list.trie)] + files
        let whitelist = Whitelist(mode: .specific, lists: lists)
        return Self(policy: .entries(whitelist), clients: Array(list.pass(0)))
    }

    /// A number of available endpoints, and the one that connects.
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
