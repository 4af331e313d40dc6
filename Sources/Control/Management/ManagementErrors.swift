import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Text

/// Handles requests that are rejected or fail, always with the envelope: clients see a single
/// format.
struct ManagementErrors<Context: RequestContext>: RouterMiddleware {
    /// Where the policy is stored, for messages.
    let policySource: String
    /// Host names that requests may use, in addition to addresses and `localhost`.
    let hostNames: [String]
    /// Probes may use any host name, and learn nothing secret.
    private static var pathsForAnyHost: Set<String> { ["/healthz", "/readyz"] }

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let id = request.envelopeID
        if let host = unknownHost(of: request) { return try refuse(host, id: id) }
        if let refusal = MethodRefusal(request.method, path: request.uri.path) {
            return try answer(to: refusal, id: id)
        }
        do {
            return try await next(request, context)
        } catch let error as RequestError {
            return try Envelope(id: id, code: error.code, message: error.message)
                .response(status: error.status)
        } catch let error as HTTPError {
            return try Self.answer(to: error, path: request.uri.path, id: id)
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

    /// A host that the request names and that is not ours.
    private func unknownHost(of request: Request) -> String? {
        if Self.pathsForAnyHost.contains(request.uri.path) { return nil }
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

    private func answer(to refusal: MethodRefusal, id: String) throws -> Response {
        switch refusal {
        case .policyIsFile:
            return try Envelope(
                id: id,
                code: "PolicyIsFile",
                message:
                    "This gateway's policy comes from \(policySource) and cannot be changed here;"
                    + " edit it there and send the gateway SIGHUP."
            ).response(status: .conflict)
        case .methodNotAllowed:
            var response = try Envelope(
                id: id,
                code: "MethodNotAllowed",
                message: MethodRefusal.advice
            ).response(status: .methodNotAllowed)
            response.headers[.allow] = MethodRefusal.allowed
            return response
        }
    }

    private static func answer(to error: HTTPError, path: String, id: String) throws -> Response {
        guard error.status == .notFound else {
            return try Envelope(
                id: id,
                code: "InvalidRequest",
                message: "Request rejected: \(error.status.reasonPhrase)."
            ).response(status: error.status)
        }
        return try Envelope(id: id, code: "NotFound", message: "Unknown path \(path).")
            .response(status: .notFound)
    }
}

extension Request {
    /// The client's own `RequestId`, which its writes carry, if it is a UUID; otherwise a new one.
    var envelopeID: String {
        let sent = HTTPField.Name("RequestId").flatMap { headers[$0] }.flatMap(
            UUID.init(uuidString:)
        )
        return (sent ?? UUID()).uuidString.lowercased()
    }

    /// What each Host field names. There should be one (RFC 9112 §3.2); with two, it is undefined
    /// which one counts.
    fileprivate var hosts: [String] {
        let further = head.headerFields.filter { $0.name.canonicalName == "host" }.map(\.value)
        return (head.authority.map { [$0] } ?? []) + further
    }
}
