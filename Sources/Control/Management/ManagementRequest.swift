import FoundationEssentials
package import Text

/// One request to a gateway's API.
///
///     ManagementRequest(.patch, "v1/keys/3", body: ["enabled": false])
package struct ManagementRequest: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    package var method: Method
    /// Without the first slash; its components are percent-encoded.
    package var path: String
    /// Not encoded.
    package var query: [(key: String, value: String)]
    package var body: JSONValue?
    /// Of a stream of events: the number of the last change that is known.
    package var lastEventID: Int64?
    /// What makes all attempts of a write count as one; a UUID.
    package let id = UUID().uuidString.lowercased()

    package init(
        _ method: Method,
        _ path: String,
        query: [(key: String, value: String)] = [],
        body: JSONValue? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
    }

    package static func get(
        _ path: String,
        query: [(key: String, value: String)] = []
    ) -> ManagementRequest {
        ManagementRequest(.get, path, query: query)
    }

    /// The same request with more parameters, as a request of its own.
    package func adding(_ parameters: [(key: String, value: String)]) -> ManagementRequest {
        ManagementRequest(method, path, query: query + parameters, body: body)
    }

    /// The request's target (RFC 9112 §3.2.1).
    var target: String {
        let words = query.map { "\($0.key.percentEncoded)=\($0.value.percentEncoded)" }
        return "/\(path)" + (words.isEmpty ? "" : "?" + words.joined(separator: "&"))
    }
}

/// Where a gateway's API is reached, and as whom.
package struct ManagementTarget: Hashable, Sendable {
    /// `nil` if only the socket may be used.
    package private(set) var address: ManagementAddress?
    /// The path of a local socket, which is tried first and needs no key.
    package private(set) var socket: String?
    /// A key, or the token of a login. Sent over TCP only.
    package private(set) var key: String?
    /// By which certificates it is recognized over TLS.
    package private(set) var trust = ManagementTrust.system

    package init(_ address: ManagementAddress, key: String? = nil) {
        self.address = address
        self.key = key
    }

    package init(socket: String) {
        self.socket = socket
    }

    /// A socket that is used if somebody listens at it, otherwise `address`.
    package init(socket: String, orElse address: ManagementAddress, key: String? = nil) {
        self.init(address, key: key)
        self.socket = socket
    }

    /// The same gateway, recognized over TLS by other certificates.
    package func trusting(by trust: ManagementTrust) -> ManagementTarget {
        var target = self
        target.trust = trust
        return target
    }

    /// The ways to the gateway, the preferred one first.
    var routes: [Route] {
        let routes = [socket.map(Route.socket), address.map { .tcp($0, key: key) }]
        return routes.compactMap(\.self)
    }

    enum Route: Hashable, Sendable {
        case socket(String)
        case tcp(ManagementAddress, key: String?)

        /// For messages: what one would pass to `--management` or `--socket`.
        var text: String {
            switch self {
            case .socket(let path): path
            case .tcp(let address, _): address.text
            }
        }

        /// What a URL of the API starts with.
        var base: String {
            switch self {
            case .socket(let path): "http+unix://\(path.percentEncoded)"
            case .tcp(let address, _): address.url
            }
        }

        var usesTLS: Bool {
            guard case .tcp(let address, _) = self else { return false }
            return address.usesTLS
        }

        var key: String? {
            guard case .tcp(_, let key) = self else { return nil }
            return key
        }
    }
}
