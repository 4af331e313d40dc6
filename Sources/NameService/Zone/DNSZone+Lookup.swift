package import Addresses
package import DNSProtocol

/// What a zone answers.
package struct ZoneAnswer: Hashable, Sendable {
    package var code: DNSResponseCode = .noError
    package var answers: [DNSRecord] = []
    package var authorities: [DNSRecord] = []
    package var additionals: [DNSRecord] = []
    /// For how many bits of the client's address this holds; `nil` if it holds for every client.
    package var scope: UInt8?
}

extension DNSZone {
    /// So many names are followed from one to the next.
    private static let aliasLimit = 8

    /// The answer about a name of the zone.
    ///
    /// - Parameter client: whose networks decide about addresses.
    package func answer(_ question: DNSQuestion, for client: IPAddress) -> ZoneAnswer {
        var answer = ZoneAnswer()
        var name = question.name
        for _ in 0..<Self.aliasLimit {
            guard let node = nodes[name] else {
                answer.code = .noSuchName
                break
            }
            guard let alias = node.alias, question.type != .cname, question.type != .any else {
                answer.answers += records(name, node, question.type, for: client, &answer.scope)
                break
            }
            answer.answers.append(alias.record)
            guard alias.target.isWithin(origin) else { return answer }
            name = alias.target
        }
        complete(&answer, question)
        return answer
    }

    private func records(
        _ name: DNSName,
        _ node: Node,
        _ type: DNSType,
        for client: IPAddress,
        _ scope: inout UInt8?
    ) -> [DNSRecord] {
        switch type {
        case .any:
            return node.isEmpty ? [] : [minimal(name)]
        case .a, .aaaa:
            guard !node.networks.isEmpty else { return node.records[type] ?? [] }
            scope = node.networks.scope(of: client)
            guard let network = node.networks.first(containing: client) else {
                return node.records[type] ?? []
            }
            return addressRecords(name, network.addresses)[type] ?? []
        default:
            return node.records[type] ?? []
        }
    }

    /// Instead of all records, which only amplify attacks (RFC 8482 §4.2).
    private func minimal(_ name: DNSName) -> DNSRecord {
        let text = Array("RFC8482".utf8)
        return DNSRecord(name, .hinfo, ttl: contents.ttl, .bytes([UInt8(text.count)] + text + [0]))
    }

    /// Adds what goes with the answer: for how long an absence holds (RFC 2308 §2), and where the name
    /// servers are.
    private func complete(_ answer: inout ZoneAnswer, _ question: DNSQuestion) {
        let isNegative = !answer.answers.contains { $0.type != .cname || question.type == .cname }
        if answer.code == .noSuchName || isNegative {
            var authority = authority
            authority.ttl = min(authority.ttl, contents.negativeTTL)
            answer.authorities = [authority]
        } else if question.type == .ns {
            answer.additionals = contents.nameServers.flatMap { host in
                nodes[DNSName(host.name)].map { node in
                    (node.records[.a] ?? []) + (node.records[.aaaa] ?? [])
                } ?? []
            }
        }
    }
}

extension DNSZone.Node {
    var isEmpty: Bool { records.isEmpty && networks.isEmpty }

    /// Whether it has addresses, or another name has them.
    var isHost: Bool {
        !networks.isEmpty || [.a, .aaaa, .cname].contains { records[$0]?.isEmpty == false }
    }

    var alias: (record: DNSRecord, target: DNSName)? {
        guard let record = records[.cname]?.first, case .name(let target) = record.data else {
            return nil
        }
        return (record, target)
    }
}

extension [ZoneNetwork] {
    func first(containing client: IPAddress) -> ZoneNetwork? {
        first { network in network.clients.contains { $0.contains(client) } }
    }

    /// The length of the shortest prefix of `client` in which every address is in the same networks: an
    /// answer for it holds for all of them (RFC 7871 §7.2.1).
    func scope(of client: IPAddress) -> UInt8 {
        lazy.flatMap(\.clients).filter { $0.family == client.family }.reduce(0) { scope, block in
            Swift.max(scope, block.boundary(at: client))
        }
    }
}

extension CIDRBlock {
    /// How many first bits of `client` tell on which side of the block's edge it is.
    fileprivate func boundary(at client: IPAddress) -> UInt8 {
        if contains(client) { return prefixLength }
        let difference = network.bits ^ client.bits
        let common = difference.leadingZeroBitCount - (128 - Int(family.bitWidth))
        return UInt8(clamping: common + 1)
    }
}
