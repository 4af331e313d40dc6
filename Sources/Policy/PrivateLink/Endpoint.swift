/// The consumer's end of a private link.
public struct Endpoint: Hashable, Sendable, Codable {
    /// One vocabulary for all clouds, after AWS's.
    public enum State: String, Hashable, Sendable, CaseIterable, Codable {
        case pendingAcceptance, pending, available, rejected, expired, failed, deleting, deleted
    }

    /// AWS: `vpce-…`; Azure: the LINKID in decimal; Google: the PSC connection id in decimal;
    /// Alibaba: the endpoint id; embedded: a DNS label. Unique within its warehouse.
    public var id: String
    /// Determines the format of ``id``, and which TLV of a PROXY header it is compared with.
    public var cloud: Cloud
    /// Only an available endpoint is admitted.
    public var state: State
    /// The operator's description; empty if there is none.
    public var description: String
    /// At the same time; 0 for no limit.
    public var connectionLimit: Int

    /// - Parameter id: in the form of its cloud; in any other it would match no header.
    public init(
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
