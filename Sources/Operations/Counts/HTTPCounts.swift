package import Policy
package import Traffic

/// What became of the HTTP requests at one listener on the way to one warehouse since the start.
///
/// Adding a request changes numbers in place and allocates nothing.
package struct HTTPCounts: Hashable, Sendable {
    /// Of an answer; of several together, their class (RFC 9110 §15).
    package enum StatusClass: String, Hashable, Sendable, CaseIterable {
        /// The request had no answer.
        case none
        case informational = "1xx"
        case successful = "2xx"
        case redirected = "3xx"
        case clientError = "4xx"
        case serverError = "5xx"
    }

    /// What the warehouse says of a load, in the JSON of an answer whose HTTP status says nothing.
    package enum LoadStatus: String, Hashable, Sendable, CaseIterable {
        case success = "Success"
        /// Committed; to be visible later.
        case publishTimeout = "Publish Timeout"
        case labelAlreadyExists = "Label Already Exists"
        case fail = "Fail"
        /// Another word.
        case other
        /// The answer has none.
        case none
    }

    private static let statusClassCount = StatusClass.allCases.count

    /// For each class of paths, the classes of status.
    private var requests: [UInt64]
    private var loads: [UInt64]
    /// From clients, of loads only.
    package private(set) var loadByteCount: UInt64 = 0
    /// Backends that were asked, and for how long together.
    package private(set) var hopCount: UInt64 = 0
    package private(set) var hopMilliseconds: UInt64 = 0
    /// From a request's first byte to its end, for all together.
    package private(set) var requestMilliseconds: UInt64 = 0
    package private(set) var followedRedirects: UInt64 = 0
    package private(set) var refusedRedirects: UInt64 = 0

    package init() {
        let paths = HTTPRequestRecord.PathClass.allCases.count
        requests = Array(repeating: 0, count: paths * Self.statusClassCount)
        loads = Array(repeating: 0, count: LoadStatus.allCases.count)
    }
}

// MARK: - Adding

extension HTTPCounts {
    /// Adds a request that has ended.
    ///
    /// - Parameters:
    ///   - bytesIn: from the client.
    ///   - milliseconds: from its first byte to its end.
    ///   - denial: why it was not carried out, if it was denied.
    package mutating func record(
        _ request: HTTPRequestRecord,
        bytesIn: UInt64,
        milliseconds: Int64,
        denial: DenialReason? = nil
    ) {
        requests[Self.index(request.pathClass, StatusClass(request.status))] &+= 1
        requestMilliseconds &+= UInt64(clamping: milliseconds)
        for index in request.hops.indices {
            hopMilliseconds &+= UInt64(clamping: request.hops[index].milliseconds)
            // Where a client's own token leads first is where it was redirected to before.
            if index > 0, request.hops[index].isRedirected { followedRedirects &+= 1 }
        }
        hopCount &+= UInt64(request.hops.count)
        if denial == .redirectRefused {
            refusedRedirects &+= 1
        }
        // A client that is sent elsewhere has not loaded yet.
        guard request.pathClass.isLoad, request.status != 307 else { return }
        loads[LoadStatus(request.loadStatus).index] &+= 1
        loadByteCount &+= bytesIn
    }

    fileprivate static func index(
        _ path: HTTPRequestRecord.PathClass,
        _ status: StatusClass
    ) -> Int {
        path.index * statusClassCount + status.index
    }
}

extension HTTPCounts.StatusClass {
    fileprivate init(_ status: Int?) {
        guard let status else {
            self = .none
            return
        }
        switch status {
        case 100..<200: self = .informational
        case 200..<300: self = .successful
        case 300..<400: self = .redirected
        case 400..<500: self = .clientError
        default: self = .serverError
        }
    }

    fileprivate var index: Int {
        switch self {
        case .none: 0
        case .informational: 1
        case .successful: 2
        case .redirected: 3
        case .clientError: 4
        case .serverError: 5
        }
    }
}

extension HTTPCounts.LoadStatus {
    fileprivate init(_ word: String?) {
        guard let word else {
            self = .none
            return
        }
        self = word == "none" ? .other : Self(rawValue: word) ?? .other
    }

    fileprivate var index: Int {
        switch self {
        case .success: 0
        case .publishTimeout: 1
        case .labelAlreadyExists: 2
        case .fail: 3
        case .other: 4
        case .none: 5
        }
    }
}

extension HTTPRequestRecord.PathClass {
    /// Whether the request brings data, and is answered with a load's status.
    fileprivate var isLoad: Bool {
        switch self {
        case .streamLoad, .httpStream, .miniLoad: true
        case .twoPhaseCommit, .transaction, .loadErrorLog, .backendList, .health, .api, .rest,
            .other:
            false
        }
    }

    fileprivate var index: Int {
        switch self {
        case .streamLoad: 0
        case .twoPhaseCommit: 1
        case .httpStream: 2
        case .miniLoad: 3
        case .transaction: 4
        case .loadErrorLog: 5
        case .backendList: 6
        case .health: 7
        case .api: 8
        case .rest: 9
        case .other: 10
        }
    }
}

// MARK: - Reading

extension HTTPCounts {
    package func count(
        _ path: HTTPRequestRecord.PathClass,
        _ status: StatusClass
    ) -> UInt64 {
        requests[Self.index(path, status)]
    }

    package func count(_ status: LoadStatus) -> UInt64 { loads[status.index] }

    /// All requests.
    package var requestCount: UInt64 { requests.reduce(0, &+) }
}
