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

/// Why a request is answered with an error, in the terms of the envelope.
struct RequestError: Error {
    let status: HTTPResponse.Status
    /// A stable word for programs.
    let code: String
    /// A sentence for people.
    let message: String

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

/// Why a request is rejected for its method, whether or not its path exists.
enum MethodRefusal: Hashable {
    /// It would change the policy, which only the configuration file does.
    case policyIsFile
    /// Everything here is for reading.
    case methodNotAllowed

    /// What is answered, as in the Allow field (RFC 9110 §10.2.1).
    static let allowed = "GET, HEAD"
    /// A sentence for people.
    static let advice = "Only GET and HEAD are supported."

    /// `nil` if the method only reads.
    init?(_ method: HTTPRequest.Method, path: String) {
        switch method {
        case .get, .head: return nil
        // Closing a session and changing a backend's mode do not change the policy.
        case .delete where path == "/v1/sessions": return nil
        case .put where path == "/v1/backends": return nil
        case .post, .put, .patch, .delete: self = Self.ofWrite(to: path)
        default: self = .methodNotAllowed
        }
    }

    private static func ofWrite(to path: String) -> MethodRefusal {
        path == "/v1" || path.hasPrefix("/v1/") ? .policyIsFile : .methodNotAllowed
    }
}
