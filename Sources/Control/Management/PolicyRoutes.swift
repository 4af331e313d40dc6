import Addresses
import Core
import HTTPTypes
import Hummingbird

/// What the API answers about who may pass: sessions, denials, endpoints, explanations.
struct PolicyRoutes: Sendable {
    /// Elements of a list, where the asker names no limit, and at most.
    private static let standardLimit = 1_000
    private static let greatestLimit = 100_000

    let gateway: any ManagedGateway
    /// Closing is for those on this machine, as nothing here asks who somebody is.
    let allowsClosing: Bool

    func add(to router: Router<BasicRequestContext>) {
        router.get("/v1/sessions") { request, _ in
            let query = try SessionRequest(request, greatest: Self.greatestLimit)
            let list = await gateway.sessions(
                matching: query.filter,
                limit: query.limit ?? Self.standardLimit
            )
            return try Envelope(id: request.envelopeID, data: list).response()
        }
        router.delete("/v1/sessions") { request, _ in
            try checkClosing(request)
            let query = try SessionRequest(request, greatest: Self.greatestLimit)
            try query.requireIntent()
            let list = await gateway.closeSessions(
                matching: query.filter,
                limit: query.limit ?? Self.standardLimit
            )
            return try Envelope(id: request.envelopeID, data: list).response()
        }
        router.get("/v1/denials") { request, _ in
            let limit = try request.limit(greatest: Self.greatestLimit) ?? Self.standardLimit
            let denials = await gateway.denials()
            return try Envelope(id: request.envelopeID, data: Array(denials.prefix(limit)))
                .response()
        }
        router.get("/v1/endpoints") { request, _ in
            try Envelope(id: request.envelopeID, data: gateway.endpoints()).response()
        }
        router.get("/v1/explain") { request, _ in
            try Envelope(id: request.envelopeID, data: explanations(for: request)).response()
        }
    }

    /// A page in a browser on this machine can have a name of its own lead here (DNS rebinding),
    /// but then asks by that name.
    private func checkClosing(_ request: Request) throws {
        guard allowsClosing else {
            let message =
                "Sessions are closed over a management address on loopback only;"
                + " set management.listen to 127.0.0.1."
            throw RequestFault(.forbidden, "Forbidden", message)
        }
        guard request.isAskedByAddress else {
            let message = "Ask by the gateway's address, not by a name."
            throw RequestFault(.forbidden, "Forbidden", message)
        }
    }

    private func explanations(for request: Request) throws -> [AccessExplanation] {
        let warehouse = try request.required("warehouse")
        let text = try request.required("source")
        let source: IPAddress
        do throws(AddressSyntaxError) {
            source = try IPAddress(parsing: text)
        } catch {
            throw RequestFault(.badRequest, "InvalidRequest", "source: \(error)")
        }
        let endpoint = request.uri.queryParameters["endpoint"].map(String.init)
        guard
            let answer = gateway.explain(warehouse: warehouse, source: source, endpoint: endpoint)
        else {
            let message = "There is no warehouse \(warehouse)."
            throw RequestFault(.notFound, "WarehouseNotFound", message)
        }
        return answer
    }
}

/// Which sessions a request means.
private struct SessionRequest {
    var filter: SessionFilter
    var limit: Int?
    private var meansAll = false

    init(_ request: Request, greatest: Int) throws {
        limit = try request.limit(greatest: greatest)
        var pairs: [(key: String, value: String)] = []
        for (key, value) in request.uri.queryParameters {
            switch key {
            case "limit": continue
            case "all": meansAll = value == "true"
            default: pairs.append((String(key), String(value)))
            }
        }
        do throws(SessionFilter.QueryError) {
            filter = try SessionFilter(query: pairs)
        } catch {
            throw RequestFault(.badRequest, "InvalidFilter", "\(error).")
        }
    }

    /// A slip must not close every session.
    func requireIntent() throws {
        guard filter.isEmpty, !meansAll else { return }
        throw RequestFault(
            .badRequest,
            "FilterRequired",
            "Name the sessions to close by a filter, or all of them by all=true."
        )
    }
}

extension Request {
    /// Whether the host that was asked is an address, or `localhost`.
    fileprivate var isAskedByAddress: Bool {
        guard let host = head.authority else { return true }
        let name = host.split(separator: ":").first.map(String.init)
        return name == "localhost" || (try? SocketAddress(parsing: host)) != nil
            || (try? IPAddress(parsing: host)) != nil
    }

    fileprivate func required(_ key: String) throws -> String {
        guard let value = uri.queryParameters[key[...]], !value.isEmpty else {
            throw RequestFault(.badRequest, "InvalidRequest", "The parameter \(key) is missing.")
        }
        return String(value)
    }

    fileprivate func limit(greatest: Int) throws -> Int? {
        guard let text = uri.queryParameters["limit"] else { return nil }
        guard let limit = Int(text), (0...greatest).contains(limit) else {
            let message = "limit must be a number from 0 to \(greatest)."
            throw RequestFault(.badRequest, "InvalidRequest", message)
        }
        return limit
    }
}
