package import DNSProtocol

/// What a name server has done since it started.
package struct NameServiceCounters: Hashable, Sendable {
    /// A query, as it is counted.
    package struct Query: Hashable, Sendable {
        /// One of ``NameServiceCounters/types``; `nil` for all others.
        package var type: DNSType?
        package var code: DNSResponseCode
        package var transport: DNSResponder.Transport
    }

    /// Others are counted together: clients choose them, and each would be a series of its own.
    package static let types: Set<DNSType> = [.a, .aaaa, .ns, .soa, .cname, .txt, .caa, .any]

    /// Answered queries, those that were limited included.
    package var queries: [Query: UInt64] = [:]
    /// Messages that deserve no answer.
    package var ignored: UInt64 = 0
    /// Answers that a limit has dropped, and those that it has replaced by a truncated one.
    package var limited: UInt64 = 0
    package var slipped: UInt64 = 0
    /// Answers that were too long for UDP.
    package var truncated: UInt64 = 0
    /// Answers that the system did not take.
    package var unsent: UInt64 = 0
    /// Connections over TCP, and those beyond a source's limit.
    package var connections: UInt64 = 0
    package var refusedConnections: UInt64 = 0

    package init() {}

    package var isEmpty: Bool { self == NameServiceCounters() }

    /// All answered queries together.
    package var total: UInt64 { queries.values.reduce(0, +) }

    package mutating func count(_ reply: DNSReply, over transport: DNSResponder.Transport) {
        let type = reply.type.flatMap { Self.types.contains($0) ? $0 : nil }
        queries[Query(type: type, code: reply.code, transport: transport), default: 0] += 1
        if reply.isTruncated { truncated += 1 }
    }

    package mutating func add(_ other: NameServiceCounters) {
        queries.merge(other.queries) { $0 + $1 }
        ignored += other.ignored
        limited += other.limited
        slipped += other.slipped
        truncated += other.truncated
        unsent += other.unsent
        connections += other.connections
        refusedConnections += other.refusedConnections
    }
}
