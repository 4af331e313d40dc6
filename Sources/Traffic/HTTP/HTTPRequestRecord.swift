/// What is recorded about one HTTP request. It holds no query, no credential and no content.
public struct HTTPRequestRecord: Hashable, Sendable {
    /// What kind of request a path is.
    public enum PathClass: String, Hashable, Sendable, CaseIterable, Codable {
        /// `/api/{database}/{table}/_stream_load`
        case streamLoad
        /// `/api/{database}/_stream_load_2pc`
        case twoPhaseCommit
        /// `/api/_http_stream`
        case httpStream
        /// `/api/{database}/{table}/_load`
        case miniLoad
        /// `/api/transaction/…`
        case transaction
        /// `/api/_load_error_log`, as `ErrorURL` names it.
        case loadErrorLog
        /// `/api/backends`
        case backendList
        /// `/api/bootstrap` and `/api/health`
        case health
        /// Another path of `/api`.
        case api
        /// `/rest/…`: the web UI and the managers.
        case rest
        case other
    }

    /// A backend that was asked, and how long it took.
    public struct Hop: Hashable, Sendable {
        /// `host:port`.
        public var target: String
        /// From the moment it was to be connected until its answer's head, or the request's end.
        public var milliseconds: Int64
        /// Whether a redirect has led there; else it is one of the service's own, perhaps in place of
        /// another.
        public var isRedirected: Bool

        public init(target: String, milliseconds: Int64, isRedirected: Bool = false) {
            self.target = target
            self.milliseconds = milliseconds
            self.isRedirected = isRedirected
        }
    }

    public var method = ""
    public var pathClass = PathClass.other
    public var database: String?
    public var table: String?
    /// The load's, which makes repeating it safe.
    public var label: String?
    /// Of the answer; `nil` if there was none.
    public var status: Int?
    /// A load's own `Status` in the JSON of its answer.
    public var loadStatus: String?
    /// In the order in which they were asked; the last one answered.
    public var hops: [Hop] = []

    public init() {}
}
