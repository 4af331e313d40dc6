import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Operations
import Store
import Text

/// Counts requests by route and result.
struct RequestCounting<Context: RequestContext>: RouterMiddleware {
    let metrics: ManagementMetrics

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        // Hummingbird's name of what is no route.
        let route = context.endpointPath.flatMap { $0 == "NotFound" ? nil : $0 }
        metrics.recordRequest(
            ControlPlaneStatus.Request(
                method: request.method.rawValue,
                route: route,
                status: response.status.code
            ),
            duration: ContinuousClock.now - start
        )
        return response
    }
}

/// Handles requests that are rejected or fail, always with the envelope: clients see a single
/// format.
struct ManagementErrors<Context: RequestContext>: RouterMiddleware {
    let routes: RouteTable
    /// Host names that requests may use, in addition to addresses and `localhost`.
    let hostNames: [String]
    /// Whether browsers reach the gateway by HTTPS; `nil` if by either.
    var isSecure: Bool?
    /// Probes may use any host name, and learn nothing secret. With a query they are no mere probes.
    private static var pathsForAnyHost: Set<String> { ["/healthz", "/readyz"] }

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let id = request.envelopeID
        if let host = unknownHost(of: request) { return try refuse(host, id: id) }
        if let origin = request.foreignOrigin(isSecure: isSecure) {
            return try refuse(origin: origin, id: id)
        }
        do {
            return try await next(request, context)
        } catch let error as RequestError {
            return try Self.answer(to: error, id: id)
        } catch let error as StoreRefusal {
            return try Self.answer(to: RequestError(error), id: id)
        } catch let error as WriteRefusal {
            let isRead = request.method == .get
            return try Self.answer(to: RequestError(error, isRead: isRead), id: id)
        } catch let error as StoreError {
            return try Self.answer(to: RequestError(.storeUnavailable(error)), id: id)
        } catch let error as ConfirmationRequired {
            return try Self.answer(to: error, id: id)
        } catch let error as HTTPError {
            return try answer(to: error, request, id: id)
        } catch {
            context.logger.error("management request failed: \(error)")
            return try Envelope(
                id: id,
                code: "InternalError",
                message: "Internal error; see the gateway's log."
            )
            .response(status: .internalServerError)
        }
    }

    private static func answer(to error: RequestError, id: String) throws -> Response {
        var response = try Envelope(id: id, code: error.code, message: error.message)
            .response(status: error.status)
        if error.status == .tooManyRequests {
            response.headers[.retryAfter] = "\(error.retryAfter)"
        }
        return response
    }

    private static func answer(to error: ConfirmationRequired, id: String) throws -> Response {
        let reasons = error.reasons.joined(separator: "; ")
        var envelope = Envelope(id: id, data: ConfirmationReasons(reasons: error.reasons))
        envelope.success = false
        envelope.code = "ConfirmationRequired"
        envelope.message =
            "\(reasons.asSentence) Repeat the request with confirm=true to do it nevertheless."
        return try envelope.response(status: .conflict)
    }

    /// A host that the request names and that is not ours.
    private func unknownHost(of request: Request) -> String? {
        if Self.pathsForAnyHost.contains(request.uri.path), request.uri.query == nil { return nil }
        return request.hosts.first { !RequestedHost(authority: $0).isKnown(among: hostNames) }
    }

    private func refuse(_ host: String, id: String) throws -> Response {
        try Envelope(
            id: id,
            code: "UnknownHost",
            message:
                "Unknown host name \(LogText.harmless(host)) (use the gateway's IP address, or add"
                + " the name to management.names)."
        ).response(status: .forbidden)
    }

    private func refuse(origin: String, id: String) throws -> Response {
        try Envelope(
            id: id,
            code: "ForeignOrigin",
            message: "Requests from pages of \(LogText.harmless(origin)) are not accepted."
        ).response(status: .forbidden)
    }

    /// Hummingbird knows a path only together with its method.
    private func answer(to error: HTTPError, _ request: Request, id: String) throws -> Response {
        guard error.status == .notFound else {
            return try Envelope(
                id: id,
                code: "InvalidParameter",
                message: "Request rejected: \(error.status.reasonPhrase)."
            ).response(status: error.status)
        }
        let path = request.uri.path
        let methods = routes.methods(of: path)
        guard !methods.isEmpty else {
            return try Envelope(id: id, code: "NotFound", message: "Unknown path \(path).")
                .response(status: .notFound)
        }
        let allowed = methods.joined(separator: ", ")
        var response = try Envelope(
            id: id,
            code: "MethodNotAllowed",
            message: "\(request.method.rawValue) is not supported here (expected \(allowed))."
        ).response(status: .methodNotAllowed)
        response.headers[.allow] = allowed
        return response
    }
}

private struct ConfirmationReasons: Encodable {
    let reasons: [String]
}

extension Request {
    /// The client's own `RequestId`, which its writes carry, if it is a UUID; otherwise a new one.
    var envelopeID: String {
        let sent = HTTPField.Name("RequestId").flatMap { headers[$0] }.flatMap(
            UUID.init(uuidString:)
        )
        return (sent ?? UUID()).uuidString.lowercased()
    }

    /// The page that a browser sends the request for (RFC 6454 §7), if it is not one of ours: a page
    /// elsewhere must not act with the rights of whoever looks at it.
    fileprivate func foreignOrigin(isSecure: Bool?) -> String? {
        let isRead = method == .get || method == .head
        if !isRead, let site = fetchSite, site != "same-origin", site != "none" {
            return site == "same-site" ? "another origin" : "another site"
        }
        guard let origin = headers[.origin] else { return nil }
        let schemes = isSecure.map { [$0 ? "https:" : "http:"] } ?? ["http:", "https:"]
        let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, schemes.contains(String(parts[0])), parts[1].isEmpty,
            let own = head.authority ?? hosts.first, own.lowercased() == parts[2].lowercased()
        else { return origin }
        return nil
    }

    /// Where the page is that a browser sends the request for, compared with the gateway (Fetch
    /// Metadata §2.2); `nil` for programs.
    var fetchSite: String? { HTTPField.Name("Sec-Fetch-Site").flatMap { headers[$0] } }

    /// What each Host field names, and the target (``TargetHost``). There should be one field
    /// (RFC 9112 §3.2); with two, it is undefined which one counts.
    fileprivate var hosts: [String] {
        let further = head.headerFields.filter { $0.name.canonicalName == "host" }.map(\.value)
        return (head.authority.map { [$0] } ?? []) + further
    }
}

/// Why a request is answered with an error, in the terms of the envelope.
struct RequestError: Error {
    let status: HTTPResponse.Status
    /// A stable word for programs.
    let code: String
    /// A sentence for people.
    let message: String
    /// In seconds, for a client that has asked too often.
    var retryAfter = 1

    init(_ status: HTTPResponse.Status, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }
}

extension Request {
    /// The value of a query parameter.
    ///
    /// - Throws: if it is given twice: it would be undefined which one counts.
    func parameter(_ key: String) throws(RequestError) -> String? {
        let values = uri.queryParameters[values: key[...]]
        guard values.count <= 1 else {
            throw RequestError(.badRequest, "InvalidRequest", "Duplicate parameter \(key).")
        }
        return values.first.map { String($0) }
    }
}
