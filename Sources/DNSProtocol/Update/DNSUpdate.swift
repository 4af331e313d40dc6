/// A change of another server's zone (RFC 2136): in each name, all sets of some types are replaced.
///
/// The server applies all of it or nothing.
package struct DNSUpdate: Hashable, Sendable {
    package var zone: DNSName
    /// Those whose sets of the types are removed, those of ``records`` included.
    package var names: [DNSName]
    package var types: [DNSType]
    /// What the names have afterwards.
    package var records: [DNSRecord]

    package init(zone: DNSName, names: [DNSName], types: [DNSType], records: [DNSRecord]) {
        self.zone = zone
        self.names = names
        self.types = types
        self.records = records
    }

    /// The request.
    ///
    /// A set that is removed is of class ANY, without data (RFC 2136 §2.5.2).
    package func message(id: UInt16) -> DNSMessage {
        var header = DNSHeader(id: id)
        header.opcode = .update
        var message = DNSMessage(header)
        message.questions = [DNSQuestion(zone, .soa)]
        let removals = names.flatMap { name in
            types.map { DNSRecord(name, $0, class: .any, ttl: 0, .bytes([])) }
        }
        message.authorities = removals + records
        return message
    }
}

extension DNSUpdate {
    /// The same in parts whose messages have at most `recordLimit` records: a message over TCP has at
    /// most 65,535 bytes. A name is in one part only.
    package func parts(recordLimit: Int) -> [DNSUpdate] {
        let byName = Dictionary(grouping: records, by: \.name)
        var parts: [DNSUpdate] = []
        var part = DNSUpdate(zone: zone, names: [], types: types, records: [])
        for name in names {
            let own = byName[name] ?? []
            let count = part.names.count * types.count + part.records.count
            if count + types.count + own.count > recordLimit, !part.names.isEmpty {
                parts.append(part)
                (part.names, part.records) = ([], [])
            }
            part.names.append(name)
            part.records += own
        }
        return part.names.isEmpty ? parts : parts + [part]
    }
}
