/// What is recorded about one HTTP request. It holds no query, no credential and no content.
public struct HTTPRequestRecord: Hashable, Sendable {
    /// What kind of request a path is.
    public enum PathClass: String, Hashable, Sendable, CaseIterable, Codable {
        /// `/api/{database}/{table}/_stream_load`, and `_stream_load_forward`
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
    /// At most one: an array, which takes one word, because most requests name nothing.
    private var names: [Names] = []
    /// Of the answer; `nil` if there was none.
    public var status: Int?
    /// A load's own `Status` in the JSON of its answer.
    public var loadStatus: String?
    /// In the order in which they were asked; the last one answered.
    public var hops: [Hop] = []

    public init() {}
}

extension HTTPRequestRecord {
    private struct Names: Hashable {
        var database: String?
        var table: String?
        var label: String?
    }

    public var database: String? {
        get { names.first?.database }
        set { name { $0.database = newValue } }
    }

    public var table: String? {
        get { names.first?.table }
        set { name { $0.table = newValue } }
    }

    /// The load's, which makes repeating it safe.
    public var label: String? {
        get { names.first?.label }
        set { name { $0.label = newValue } }
    }

    private mutating func name(_ change: (inout Names) -> Void) {
        var changed = names.first ?? Names()
        change(&changed)
        names = changed == Names() ? [] : [changed]
    }
}
