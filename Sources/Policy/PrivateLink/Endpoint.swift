/// The consumer's end of a private link.
package struct Endpoint: Hashable, Sendable, Codable {
    /// One vocabulary for all clouds, after AWS's.
    package enum State: String, Hashable, Sendable, CaseIterable, Codable {
        case pendingAcceptance, pending, available, rejected, expired, failed, deleting, deleted
    }

    /// AWS: `vpce-…`; Azure: the LINKID in decimal; Google: the PSC connection id in decimal;
    /// Alibaba: the endpoint id; embedded: a DNS label. Unique within its warehouse.
    package var id: String
    /// Says which form ``id`` has, and which TLV of a PROXY header it is compared with.
    package var cloud: Cloud
    /// Only an available endpoint is admitted.
    package var state: State
    /// The operator's own words; empty where there are none.
    package var description: String
    /// At the same time; 0 for no limit.
    package var connectionLimit: Int

    /// - Parameter id: in the form of its cloud; in any other it would match no header.
    package init(
        id: String,
        cloud: Cloud,
        state: State,
        description: String = "",
        connectionLimit: Int = 0
    ) {
        self.id = id
        self.cloud = cloud
        self.state = state
        self.description = description
        self.connectionLimit = connectionLimit
    }
}
