/// How a process divides the descriptors that it may have open (RLIMIT_NOFILE, getrlimit(2)).
///
/// Part of them is a reserve that clients of the data plane never get: what the process needs to
/// serve at all, the clients of the management address, and what comes and goes, such as lists and
/// health checks. It is the usual one where that suffices, and more where many workers need more.
/// Under a low limit, half of what the process does not need itself goes to either side.
package struct DescriptorPlan: Hashable, Sendable {
    /// The reserve of a process with few workers and a limit that is not low.
    package static let usualReserve = 192
    /// The most that the management address ever needs.
    package static let mostManagementConnections = 64

    /// Of the process.
    package let limit: Int
    /// What it needs before its first client comes.
    package let fixedCount: Int

    /// - Parameter fixedCount: not above `limit`.
    package init(limit: Int, fixedCount: Int) {
        self.limit = limit
        self.fixedCount = min(max(0, fixedCount), limit)
    }

    /// What is kept from the data plane's connections.
    package var reserve: Int {
        let rest = limit - fixedCount
        let needed = fixedCount + min(2 * Self.mostManagementConnections, (rest + 1) / 2)
        return max(min(Self.usualReserve, limit / 2), needed)
    }

    /// What is left for the data plane's connections and their pipes.
    package var connectionDescriptors: Int { limit - reserve }

    /// Pipes that each of `count` workers may keep for the next stream: all of them together leave
    /// seven eighths of ``connectionDescriptors`` to clients, who cannot make them go.
    package func idlePipes(ofEach count: Int) -> Int {
        connectionDescriptors / (8 * Self.descriptorsPerPipe * max(1, count))
    }

    /// pipe(2)
    package static let descriptorsPerPipe = 2

    /// Clients of the management address at the same time, for whom half of the reserve is left
    /// beside ``fixedCount``; at least 1.
    package var managementConnections: Int {
        min(Self.mostManagementConnections, max(1, (reserve - fixedCount) / 2))
    }
}
