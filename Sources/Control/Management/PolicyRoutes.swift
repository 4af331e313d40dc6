import Addresses
import CIDRTrie
import HTTPTypes
import Hummingbird
import Operations
import Policy
import Text

/// The API for access: sessions, denials, endpoints, explanations.
struct PolicyRoutes: Sendable {
    /// The default and maximum length of a list.
    private static let standardLimit = 1_000
    private static let greatestLimit = 100_000

    let gateway: any ManagedGateway
    /// Closing is limited to this machine, because there is no authentication.
    let allowsClosing: Bool
    let answers: LargeAnswers

    func add(to router: Router<ManagementContext>) {
        router.get("/v1/sessions") { request, context in
            try await sessions(request, context)
        }
        router.delete("/v1/sessions") { request, context in
            try await closeSessions(request, context)
        }
        router.get("/v1/denials") { request, context in try await denials(request, context) }
        router.get("/v1/endpoints") { request, context in
            try Envelope(id: request.envelopeID, data: gateway.endpoints())
                .response(by: answers, on: context.channel)
        }
        router.get("/v1/explain") { request, _ in
            try Envelope(id: request.envelopeID, data: explanations(for: request)).response()
        }
    }
}

// MARK: - Sessions

extension PolicyRoutes {
    private func sessions(_ request: Request, _ context: ManagementContext) async throws -> Response
    {
        let query = try sessionRequest(request)
        try await checkPlaces(of: query.filter)
        let limit = query.limit ?? Self.standardLimit
        return try await answers.object(id: request.envelopeID, count: limit, on: context.channel) {
            let list = await gateway.sessions(matching: query.filter, limit: limit)
            return [.list("sessions", list.sessions), .number("total", list.total)]
        }
    }

    private func closeSessions(_ request: Request, _ context: ManagementContext) async throws
        -> Response
    {
        guard allowsClosing else {
            let message =
                "Sessions can only be closed over a loopback management address"
                + " (set management.listen to 127.0.0.1:PORT)."
            throw RequestError(.forbidden, "Forbidden", message)
        }
        let query = try sessionRequest(request)
        try query.requireIntent()
        try await checkPlaces(of: query.filter)
        let shown = query.limit ?? Self.standardLimit
        return try await answers.object(id: request.envelopeID, count: shown, on: context.channel) {
            let result = await gateway.closeSessions(
                matching: query.filter,
                limit: query.limit,
                shown: shown
            )
            return [
                .number("closed", result.closed), .number("remaining", result.remaining),
                .list("sessions", result.sessions),
            ]
        }
    }

    private func sessionRequest(_ request: Request) throws -> SessionRequest {
        var query = try SessionRequest(request, greatest: Self.greatestLimit)
        query.filter.endpoint = try query.filter.endpoint.map { endpoint in
            EndpointReference(try resolve(endpoint, of: query.filter.warehouse))
        }
        return query
    }
}

// MARK: - Unknown warehouses and listeners

extension PolicyRoutes {
    /// A warehouse or a listener that is gone may still have sessions.
    private func checkPlaces(of filter: SessionFilter) async throws {
        try await checkPlaces(warehouse: filter.warehouse, listener: filter.listener) {
            var place = SessionFilter()
            (place.warehouse, place.listener) = (filter.warehouse, filter.listener)
            return await gateway.sessions(matching: place, limit: 0).total > 0
        }
    }

    /// It may have denials, too.
    private func checkPlaces(of filter: DenialFilter) async throws {
        try await checkPlaces(warehouse: filter.warehouse, listener: filter.listener) {
            var place = DenialFilter()
            (place.warehouse, place.listener) = (filter.warehouse, filter.listener)
            return await gateway.denials().matching(place, limit: 0).total > 0
        }
    }

    /// - Parameter isRemembered: whether something of the place is left, though it is unknown.
    private func checkPlaces(
        warehouse: String?,
        listener: String?,
        isRemembered: () async -> Bool
    ) async throws {
        guard warehouse != nil || listener != nil else { return }
        let listeners = gateway.status().listeners
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
        let anybody = IPAddress.v4(IPv4Address(bits: 0))
        return gateway.explain(warehouse: id, source: anybody, endpoint: nil) != nil
    }
}

// MARK: - Denials and explanations

extension PolicyRoutes {
    private func denials(_ request: Request, _ context: ManagementContext) async throws -> Response
    {
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
            EndpointReference(try resolve(endpoint, of: filter.warehouse))
        }
        try await checkPlaces(of: filter)
        return try await answers.object(id: request.envelopeID, count: limit, on: context.channel) {
            [filter] in
            let list = await gateway.denials().matching(filter, limit: limit)
            return [
                .list("denials", list.denials), .number("forgotten", list.forgotten),
                .number("total", list.total),
            ]
        }
    }

    private func explanations(for request: Request) throws -> [AccessExplanation] {
        let warehouse = try request.required("warehouse")
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
        let endpoint = try endpoint(of: request, warehouse: warehouse)
        guard
            let answer = gateway.explain(warehouse: warehouse, source: source, endpoint: endpoint)
        else {
            let known = Set(gateway.status().listeners.compactMap(\.warehouse)).sorted()
            let error = FilterQueryError.unknownPlace(
                kind: .warehouse,
                value: warehouse,
                known: known
            )
            throw RequestError(.notFound, "WarehouseNotFound", "\(error).")
        }
        return answer
    }

    private func endpoint(of request: Request, warehouse: String) throws -> EndpointName? {
        guard let text = try request.parameter("endpoint") else { return nil }
        let reference: EndpointReference
        do throws(EndpointReferenceError) {
            reference = try EndpointReference(parsing: text)
        } catch {
            throw RequestError(.badRequest, "InvalidRequest", "Invalid endpoint: \(error).")
        }
        return try resolve(reference, of: warehouse)
    }

    /// The endpoint that is meant, of all that the gateway knows or has seen.
    private func resolve(_ endpoint: EndpointReference, of warehouse: String?) throws
        -> EndpointName
    {
        let list = gateway.endpoints()
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
        meansAll = try request.parameter("all") == "true"
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
