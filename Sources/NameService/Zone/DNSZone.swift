import Addresses
package import DNSProtocol

/// A zone, arranged for lookups.
package struct DNSZone: Sendable {
    package let contents: ZoneContents
    package let origin: DNSName
    package let serial: UInt32
    /// Every name that exists, those without records of their own included (RFC 8020 §2).
    private(set) var nodes: [DNSName: Node] = [:]

    /// One name's records.
    struct Node: Sendable {
        /// All but addresses that depend on the client.
        var records: [DNSType: [DNSRecord]] = [:]
        var networks: [ZoneNetwork] = []
    }

    package init(_ contents: ZoneContents, serial: UInt32) {
        self.contents = contents
        self.serial = serial
        origin = DNSName(contents.origin)
        addApex()
        for host in contents.nameServers + contents.hosts { add(host) }
        for (name, texts) in contents.texts where name.isWithin(origin) {
            add(texts.map { DNSRecord(name, .txt, ttl: contents.ttl, .text($0)) })
        }
        addEmptyNames()
    }

    private mutating func addApex() {
        add([authority])
        add(
            contents.nameServers.map {
                DNSRecord(origin, .ns, ttl: contents.ttl, .name(DNSName($0.name)))
            }
        )
        add(
            contents.certificationAuthorities.map {
                DNSRecord(origin, .caa, ttl: contents.ttl, .caa($0))
            }
        )
    }

    /// Names outside of the zone are another server's.
    private mutating func add(_ host: ZoneHost) {
        let name = DNSName(host.name)
        guard name.isWithin(origin), nodes[name]?.isHost != true else { return }
        if let alias = host.alias, alias != host.name {
            if nodes[name] == nil {
                add([DNSRecord(name, .cname, ttl: contents.ttl, .name(DNSName(alias)))])
            }
        } else {
            var node = nodes[name] ?? Node()
            node.records.merge(addressRecords(name, host.addresses)) { _, new in new }
            node.networks = host.networks
            nodes[name] = node
        }
    }

    func addressRecords(_ name: DNSName, _ addresses: [IPAddress]) -> [DNSType: [DNSRecord]] {
        Dictionary(
            grouping: addresses.map { DNSRecord(name, ttl: contents.ttl, $0) },
            by: \.type
        )
    }

    private mutating func add(_ records: [DNSRecord]) {
        for record in records {
            nodes[record.name, default: Node()].records[record.type, default: []].append(record)
        }
    }

    private mutating func addEmptyNames() {
        for name in nodes.keys {
            var parent = name.parent
            while let above = parent, above.isWithin(origin), nodes[above] == nil {
                nodes[above] = Node()
                parent = above.parent
            }
        }
    }

    /// The record that says for how long an absence may be remembered.
    package var authority: DNSRecord {
        let primary = contents.nameServers.first.map { DNSName($0.name) } ?? origin
        let data = DNSAuthority(
            primary: primary,
            contact: contents.contact,
            serial: serial,
            minimum: contents.negativeTTL
        )
        return DNSRecord(origin, .soa, ttl: contents.ttl, .soa(data))
    }

    /// Names with records of their own, without the zone's.
    package var nameCount: Int { nodes.count { $0.key != origin && !$0.value.isEmpty } }

    /// All records as a client in no network sees them, the SOA record first.
    package var records: [DNSRecord] {
        let others = nodes.flatMap { $0.value.records.values.flatMap { $0 } }
            .filter { $0.type != .soa }
        return [authority] + others.sorted { ($0.key, "\($0.data)") < ($1.key, "\($1.data)") }
    }
}

extension DNSRecord {
    /// The apex first, each name next to those under it.
    fileprivate var key: String {
        let name = name.labels.reversed().map { String(decoding: $0, as: UTF8.self) }
        return name.joined(separator: "\u{1}") + "\u{0}\(type)"
    }
}

// MARK: - Zone file

extension DNSZone {
    /// The zone as a file for other servers (RFC 1035 §5), which cannot tell networks apart.
    package var file: String {
        var lines = ["$ORIGIN \(origin)", "$TTL \(contents.ttl)"]
        lines += records.map(\.description)
        return lines.joined(separator: "\n") + "\n"
    }
}
