import Addresses
import CIDRTrie
import HTTPTypes
import Hummingbird
import Operations
import Policy
import Settings
import Store
import Text

/// The API for access: sessions, denials, endpoints, explanations.
struct SessionRoutes: Sendable {
    /// The default and maximum length of a list.
    private static let standardLimit = 1_000
    private static let greatestLimit = 100_000

    let api: APIRouter
    let gateway: any ManagedGateway
    let answers: LargeAnswers

    func add() {
        api.on(.get, "/v1/sessions", .read, .filtered) { try await sessions($0) }
        api.on(.delete, "/v1/sessions", .operate, .filtered) { try await closeSessions($0) }
        api.on(.get, "/v1/denials", .read, .filtered) { try await denials($0) }
        api.on(.get, "/v1/endpoints", .read, .filtered) { call in
            try Envelope(id: call.id, data: endpoints(visibleTo: call.principal))
                .response(by: answers, on: call.context.channel)
        }
        api.on(.get, "/v1/explain", .read, .filtered) { call in
            try call.answer(explanations(for: call))
        }
    }

    private func endpoints(visibleTo principal: Principal) -> EndpointList {
        var list = gateway.endpoints()
        guard principal.warehouses != nil else { return list }
        list.endpoints.removeAll { !principal.mayUse(warehouse: $0.warehouse) }
        list.unknown.removeAll { seen in
            seen.warehouse.map { !principal.mayUse(warehouse: $0) } ?? true
        }
        return list
    }

    /// The warehouses to ask about: `nil` for all, if the principal may see all.
    private func scopes(of warehouse: String?, for principal: Principal) throws -> [String?] {
        guard let own = principal.warehouses else { return [warehouse] }
        guard let warehouse else { return own.sorted() }
        guard own.contains(warehouse) else {
            throw RequestError.unknownWarehouse(warehouse, of: principal, in: gateway.topology)
        }
        return [warehouse]
    }
}

// MARK: - Sessions

extension SessionRoutes {
    private func sessions(_ call: APICall) async throws -> Response {
        let query = try sessionRequest(call.request, call.principal)
        let scopes = try scopes(of: query.filter.warehouse, for: call.principal)
        try await checkPlaces(of: query.filter, for: call.principal)
        let limit = query.limit ?? Self.standardLimit
        return try await answers.object(id: call.id, count: limit, on: call.context.channel) {
            var all = SessionList()
            for scope in scopes {
                var filter = query.filter
                filter.warehouse = scope
                let list = await gateway.sessions(matching: filter, limit: limit)
                all.sessions += list.sessions
                all.total += list.total
            }
            let shown = all.sessions.prefix(limit)
            return [.list("sessions", Array(shown)), .number("total", all.total)]
        }
    }

    private func closeSessions(_ call: APICall) async throws -> Response {
        let query = try sessionRequest(call.request, call.principal)
        try query.requireIntent()
        let scopes = try scopes(of: query.filter.warehouse, for: call.principal)
        guard scopes.count == 1 else {
            throw RequestError.invalid(
                "warehouse",
                "required, because this key is limited to some warehouses"
            )
        }
        try await checkPlaces(of: query.filter, for: call.principal)
        try await call.awaitBody()
        let shown = query.limit ?? Self.standardLimit
        return try await answers.object(id: call.id, count: shown, on: call.context.channel) {
            var filter = query.filter
            filter.warehouse = scopes[0]
            let result = await gateway.closeSessions(
                matching: filter,
                limit: query.limit,
                shown: shown
            )
            return [
                .number("closed", result.closed), .number("remaining", result.remaining),
                .list("sessions", result.sessions),
            ]
        }
    }

    private func sessionRequest(_ request: Request, _ principal: Principal) throws
        -> SessionRequest
    {
        var query = try SessionRequest(request, greatest: Self.greatestLimit)
        query.filter.endpoint = try query.filter.endpoint.map { endpoint in
            EndpointReference(try resolve(endpoint, of: query.filter.warehouse, for: principal))
        }
        return query
    }
}

// MARK: - Unknown warehouses and listeners

extension SessionRoutes {
    /// A warehouse or a listener that is gone may still have sessions.
    private func checkPlaces(of filter: SessionFilter, for principal: Principal) async throws {
        try await checkPlaces(filter.warehouse, filter.listener, for: principal) {
            var place = SessionFilter()
            (place.warehouse, place.listener) = (filter.warehouse, filter.listener)
            return await gateway.sessions(matching: place, limit: 0).total > 0
        }
    }

    /// It may have denials, too.
    private func checkPlaces(of filter: DenialFilter, for principal: Principal) async throws {
        try await checkPlaces(filter.warehouse, filter.listener, for: principal) {
            var place = DenialFilter()
            (place.warehouse, place.listener) = (filter.warehouse, filter.listener)
            return await gateway.denials().matching(place, limit: 0).total > 0
        }
    }

    /// - Parameter isRemembered: whether something of the place is left, though it is unknown.
    private func checkPlaces(
        _ warehouse: String?,
        _ listener: String?,
        for principal: Principal,
        isRemembered: () async -> Bool
    ) async throws {
        guard warehouse != nil || listener != nil else { return }
        let listeners = gateway.status().visible(to: principal).listeners
        guard
            let error = FilterQueryError.unknownPlace(
                warehouse: warehouse,
                listener: listener,
                among: listeners
            ), case .unknownPlace(let kind, _, _) = error, await !isRemembered()
        else { return }
        if kind == .warehouse, let warehouse, hasWarehouse(warehouse) { return }
        let code = kind == .warehouse ? "WarehouseNotFound" : "ListenerNotFound"
        throw RequestError(.notFound, code, "\(error).")
    }

    /// Also one without a listener.
    private func hasWarehouse(_ id: String) -> Bool {
        gateway.topology.warehouse(id) != nil
    }
}

// MARK: - Denials and explanations

extension SessionRoutes {
    private func denials(_ call: APICall) async throws -> Response {
        let request = call.request
        let limit = try request.limit(greatest: Self.greatestLimit) ?? Self.standardLimit
        var filter: DenialFilter
        do throws(FilterQueryError) {
            filter = try DenialFilter(
                query: request.filterPairs(beside: ["limit"]),
                at: .systemTime
            )
        } catch {
            throw RequestError(.badRequest, "InvalidFilter", "\(error).")
        }
        filter.endpoint = try filter.endpoint.map { endpoint in
            EndpointReference(try resolve(endpoint, of: filter.warehouse, for: call.principal))
        }
        let scopes = try scopes(of: filter.warehouse, for: call.principal)
        try await checkPlaces(of: filter, for: call.principal)
        return try await answers.object(id: call.id, count: limit, on: call.context.channel) {
            [filter] in
            let all = await gateway.denials()
            var list = DenialList(denials: [], total: 0)
            list.forgotten = all.forgotten
            for scope in scopes {
                var filter = filter
                filter.warehouse = scope
                let part = all.matching(filter, limit: limit)
                list.denials += part.denials
                list.total += part.total
            }
            list.denials = Array(list.denials.prefix(limit))
            return [
                .list("denials", list.denials), .number("forgotten", list.forgotten),
                .number("total", list.total),
            ]
        }
    }

    private func explanations(for call: APICall) throws -> [AccessExplanation] {
        let request = call.request
        let claims = try request.claims
        let warehouse = try warehouse(of: request, claims, for: call.principal)
        let text = try request.required("source")
        let source: IPAddress
        do throws(AddressSyntaxError) {
            source = try IPAddress(parsing: text)
        } catch {
            throw RequestError(
                .badRequest,
                "InvalidRequest",
                "Invalid source \(text.quoted): \(error)."
            )
        }
        let endpoint = try endpoint(of: request, warehouse: warehouse, for: call.principal)
        guard warehouse.map({ call.principal.mayUse(warehouse: $0) }) ?? true,
            let answer = gateway.explain(
                warehouse: warehouse,
                source: source,
                endpoint: endpoint,
                claims: claims
            )
        else {
            throw RequestError.unknownWarehouse(
                warehouse ?? "",
                of: call.principal,
                in: gateway.topology
            )
        }
        return answer.map { explanation in
            // Another warehouse's name is not for everyone.
            var explanation = explanation
            if let other = explanation.leadsTo, !call.principal.mayUse(warehouse: other) {
                (explanation.leadsTo, explanation.route) = (nil, nil)
            }
            return explanation
        }
    }

    /// The warehouse in question. Without one, the answer is about all listeners: for whoever may see
    /// them all, and a client that says where it wants to go.
    private func warehouse(
        of request: Request,
        _ claims: ClientClaims,
        for principal: Principal
    ) throws -> String? {
        if let id = try request.parameter("warehouse"), !id.isEmpty { return id }
        guard principal.warehouses == nil, !claims.isEmpty else {
            return try request.required("warehouse")
        }
        return nil
    }

    private func endpoint(
        of request: Request,
        warehouse: String?,
        for principal: Principal
    ) throws -> EndpointName? {
        guard let text = try request.parameter("endpoint") else { return nil }
        let reference: EndpointReference
        do throws(EndpointReferenceError) {
            reference = try EndpointReference(parsing: text)
        } catch {
            throw RequestError(.badRequest, "InvalidRequest", "Invalid endpoint: \(error).")
        }
        return try resolve(reference, of: warehouse, for: principal)
    }

    /// The endpoint that is meant, of all that the gateway knows or has seen.
    private func resolve(
        _ endpoint: EndpointReference,
        of warehouse: String?,
        for principal: Principal
    ) throws -> EndpointName {
        let list = endpoints(visibleTo: principal)
        let known: [(String?, EndpointName)] =
            list.endpoints.map { ($0.warehouse, $0.endpoint) }
            + list.unknown.map { ($0.warehouse, $0.endpoint) }
        do throws(EndpointReferenceError) {
            return try endpoint.resolved(
                amongOwn: known.filter { $0.0 == warehouse }.map(\.1),
                orAll: known.map(\.1)
            )
        } catch {
            throw RequestError(.badRequest, "UnknownEndpoint", "Invalid endpoint: \(error).")
        }
    }
}

/// Which sessions a request means.
private struct SessionRequest {
    var filter: SessionFilter
    /// `nil` if the request has none.
    var limit: Int?
    private var meansAll = false

    init(_ request: Request, greatest: Int) throws {
        limit = try request.limit(greatest: greatest)
        meansAll = try request.flag("all")
        do throws(FilterQueryError) {
            filter = try SessionFilter(query: request.filterPairs(beside: ["limit", "all"]))
        } catch {
            throw RequestError(.badRequest, "InvalidFilter", "\(error).")
        }
    }

    /// A slip must not close every session.
    func requireIntent() throws {
        guard filter.isEmpty, !meansAll else { return }
        throw RequestError(
            .badRequest,
            "FilterRequired",
            "No sessions selected (use a filter, or all=true for all sessions)."
        )
    }
}

extension Request {
    /// The query but for `others`.
    func filterPairs(beside others: Set<String>) -> [(key: String, value: String)] {
        uri.queryParameters.map { (key: String($0.key), value: String($0.value)) }
            .filter { !others.contains($0.key) }
    }

    /// What a client says of where it wants to go.
    fileprivate var claims: ClientClaims {
        get throws {
            func text(_ key: String) throws -> String? {
                guard let text = try parameter(key), !text.isEmpty else { return nil }
                guard text.utf8.count <= 256, text.unicodeScalars.allSatisfy(\.isHarmless) else {
                    throw RequestError.invalid(key, "expected 1 to 256 bytes of printable text")
                }
                return text
            }
            return ClientClaims(
                serverName: try text("serverName"),
                host: try text("host"),
                user: try text("user"),
                database: try text("database"),
                attribute: try text("attribute")
            )
        }
    }

    fileprivate func required(_ key: String) throws -> String {
        guard let value = try parameter(key), !value.isEmpty else {
            throw RequestError(.badRequest, "InvalidRequest", "Missing parameter \(key).")
        }
        return value
    }

    fileprivate func limit(greatest: Int) throws -> Int? {
        guard let text = try parameter("limit") else { return nil }
        guard let limit = Int(text), (0...greatest).contains(limit) else {
            let message = "Invalid limit \(text.quoted) (expected 0 to \(greatest))."
            throw RequestError(.badRequest, "InvalidRequest", message)
        }
        return limit
    }
}
