/// How a process divides the descriptors that it may have open (RLIMIT_NOFILE, getrlimit(2)).
///
/// Part of them is a reserve that clients of the data plane never get: what the process needs to
/// serve at all, the clients of the management address, and temporary ones, such as for lists and
/// health checks. It has the usual size if that is enough, and more if many workers need more.
/// Under a low limit, half of what the process does not need itself goes to either side.
public struct DescriptorPlan: Hashable, Sendable {
    /// The reserve of a process with few workers and a limit that is not low.
    public static let usualReserve = 192
    /// What the local socket's streams of events and temporary descriptors may need.
    private static let otherNeeds = 40
    /// Clients of a name server that started later than the process, which planned for none.
    private static let fewNameClients = 16

    /// Of the process.
    public let limit: Int
    /// What it needs before its first client connects.
    public let fixedCount: Int
    /// Concurrent clients that a name server is to have over TCP; 0 for a process without one.
    public let nameClients: Int

    /// - Parameter fixedCount: not above `limit`.
    public init(limit: Int, fixedCount: Int, nameClients: Int = 0) {
        self.limit = limit
        self.fixedCount = min(max(0, fixedCount), limit)
        self.nameClients = nameClients
    }

    /// What is reserved from the data plane's connections.
    public var reserve: Int {
        let rest = limit - fixedCount
        let wanted = mostManagementConnections + eventStreams + Self.otherNeeds
        let needed = fixedCount + min(wanted, (rest + 1) / 2)
        let names = nameClients > 0 ? nameConnections : 0
        return min(limit, max(min(Self.usualReserve, limit / 2), needed) + names)
    }

    /// What is left for the data plane's connections and their pipes.
    public var connectionDescriptors: Int { limit - reserve }

    /// Pipes that each of `count` workers may keep for the next stream: all of them together leave
    /// seven eighths of ``connectionDescriptors`` to clients, which cannot reclaim them.
    public func idlePipes(ofEach count: Int) -> Int {
        connectionDescriptors / (8 * Self.descriptorsPerPipe * max(1, count))
    }

    /// pipe(2)
    public static let descriptorsPerPipe = 2

    /// Concurrent clients of the management address, which get half of what the reserve has beyond
    /// ``fixedCount``; at least 1.
    public var managementConnections: Int {
        let names = nameClients > 0 ? nameConnections : 0
        return min(mostManagementConnections, max(1, (reserve - names - fixedCount) / 2))
    }

    /// Concurrent clients of the name server over TCP: ``nameClients``, but at most one in 16
    /// descriptors, and at least 1.
    public var nameConnections: Int {
        max(1, min(nameClients > 0 ? nameClients : Self.fewNameClients, limit / 16))
    }

    /// One in 64 descriptors, but 64 to 256.
    private var mostManagementConnections: Int { min(256, max(64, limit / 64)) }

    /// Concurrent streams of events, which browsers keep open: one in 64 descriptors, but 24 to 256.
    public var eventStreams: Int { min(256, max(24, limit / 64)) }
}
