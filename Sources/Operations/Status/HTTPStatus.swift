package import Traffic

/// What a listener does with HTTP, and what became of its requests on the way to one warehouse.
package struct HTTPStatus: Hashable, Sendable, Codable {
    package var mode: HTTPTerms.Mode
    /// By class of path, and by class of status; only what occurred.
    package var requests: [String: [String: UInt64]]
    /// Loads by the status that the warehouse gave them; only what occurred.
    package var loads: [String: UInt64]
    /// What clients have sent with loads.
    package var loadBytes: UInt64
    /// Backends that were asked for requests, and for how long together.
    package var hops: UInt64
    package var hopMs: UInt64
    /// From the first byte of each request to its end, together.
    package var requestMs: UInt64
    package var redirectsFollowed: UInt64
    package var redirectsRefused: UInt64

    package init(_ mode: HTTPTerms.Mode, _ counts: HTTPCounts) {
        self.mode = mode
        requests = [:]
        for path in HTTPRequestRecord.PathClass.allCases {
            for status in HTTPCounts.StatusClass.allCases where counts.count(path, status) > 0 {
                requests[path.rawValue, default: [:]][status.rawValue] = counts.count(path, status)
            }
        }
        loads = [:]
        for status in HTTPCounts.LoadStatus.allCases where counts.count(status) > 0 {
            loads[status.rawValue] = counts.count(status)
        }
        loadBytes = counts.loadByteCount
        hops = counts.hopCount
        hopMs = counts.hopMilliseconds
        requestMs = counts.requestMilliseconds
        redirectsFollowed = counts.followedRedirects
        redirectsRefused = counts.refusedRedirects
    }
}
