public import MySQLProtocol
public import Text

/// The servers that a front end of Doris or StarRocks lists: what redirects may lead to, read from its
/// answers. A server that cannot be reached in any way (no port, no valid host) is passed over.
public struct LearnedServers: Hashable, Sendable {
    /// More are not kept.
    public static let limit = 1_024

    /// Each once, in order.
    public private(set) var places: [BackendAddress] = []
    private var known: Set<BackendAddress> = []

    /// Reads the answer to `GET /api/backends` (Doris: `data.backends[] {ip, http_port, is_alive}`).
    ///
    /// Whether a backend is alive does not matter: the front end does not redirect to one that is not.
    public init(backendList content: [UInt8]) throws(LearnedServersError) {
        let json: JSONValue
        do throws(JSONSyntaxError) {
            json = try JSONValue(parsing: content)
        } catch {
            throw .badJSON(error)
        }
        // Doris answers a wrong password with HTTP 200 too.
        if case .number(let code) = json["code"], code != "0" { throw .refused(code: code) }
        guard let backends = (json["data"] ?? json)["backends"]?.array else {
            throw .missing("backends")
        }
        for backend in backends {
            insert(host: backend["ip"]?.string, port: backend["http_port"]?.digits)
        }
        guard !places.isEmpty else { throw .empty }
    }

    /// Reads the answers to SHOW statements; `nil` for one that was refused: each is known to one
    /// kind of warehouse only, or allowed to some users.
    public init(_ tables: [MySQLTable?]) throws(LearnedServersError) {
        let answers = tables.compactMap(\.self)
        guard !answers.isEmpty else { throw .nothing }
        for table in answers where !table.rows.isEmpty { try insert(table) }
        guard !places.isEmpty else { throw .empty }
    }

    /// Adds the rows of `SHOW BACKENDS`, `SHOW COMPUTE NODES` or `SHOW FRONTENDS`.
    ///
    /// Columns are looked for by their names, which change from version to version, and never by
    /// position. A redirect may name a server by its address or its name, and by the endpoints among
    /// its tags.
    private mutating func insert(_ table: MySQLTable) throws(LearnedServersError) {
        let hosts = ["Host", "IP", "HostName"].compactMap { table.values(of: $0) }
        guard !hosts.isEmpty else { throw .missing("Host") }
        guard let ports = table.values(of: "HttpPort") else { throw .missing("HttpPort") }
        let securePorts = table.values(of: "HttpsPort")
        for row in table.rows.indices {
            for host in hosts {
                insert(host: host[row], port: ports[row])
                insert(host: host[row], port: securePorts?[row])
            }
        }
        for tag in table.values(of: "Tag") ?? [] { insert(tag: tag) }
    }

    /// `{"location": "default", "public_endpoint": "192.0.2.1:8040", …}`
    private mutating func insert(tag: String?) {
        // `try?`: a tag in another form has no endpoint.
        guard let tag, case .object(let members)? = try? JSONValue(parsing: Array(tag.utf8)) else {
            return
        }
        for (key, value) in members.sorted(by: { $0.key < $1.key })
        where key.hasSuffix("public_endpoint") || key.hasSuffix("private_endpoint") {
            if let place = value.string.flatMap({ BackendAddress(written: $0) }) { insert(place) }
        }
    }

    private mutating func insert(host: String?, port: String?) {
        guard let host, let port else { return }
        let isIPv6 = host.utf8.contains(UInt8(ascii: ":"))
        let place = BackendAddress(written: isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)")
        if let place { insert(place) }
    }

    private mutating func insert(_ place: BackendAddress) {
        // -1 and 0 are the ports of a server that has never answered.
        guard place.port > 0, places.count < Self.limit, known.insert(place).inserted else {
            return
        }
        places.append(place)
    }
}

/// A conversation that ends with the list, or with the reason why there is none.
public protocol LearningProbe: HealthProbe {
    /// What the front end has answered, once the probe has called it healthy.
    var servers: LearnedServers? { get }
}

/// Why a front end's answer is not a list of servers.
public enum LearnedServersError: Error, Hashable, Sendable {
    case badJSON(JSONSyntaxError)
    /// The answer is about an error; Doris has HTTP statuses as its numbers.
    case refused(code: String)
    /// A list or a column of this name.
    case missing(String)
    /// Every statement was refused.
    case nothing
    /// The list is empty: a warehouse without servers does not redirect.
    case empty
}

extension LearnedServersError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badJSON(let error): "the answer is not a list of backends: \(error)"
        case .refused("401"):
            "the front end does not let the user in: no such user, or another password (401)"
        case .refused("403"):
            "the front end does not let the user in: may the user see backends? (403)"
        case .refused(let code): "the front end refuses, with code \(LogText.harmless(code))"
        case .nothing: "every SHOW statement was refused (may the user see backends?)"
        case .empty: "no server is listed (may the user see backends?)"
        case .missing(let name): "the answer has no \"\(name)\""
        }
    }
}

extension JSONValue {
    /// A number, or a string that may hold one.
    fileprivate var digits: String? {
        if case .number(let digits) = self { digits } else { string }
    }
}
