import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Text

/// Answers what is refused or fails, always in the envelope: a client never meets two forms.
struct ManagementErrors<Context: RequestContext>: RouterMiddleware {
    /// Where the policy is written down, in words.
    let policySource: String
    /// Host names by which clients may ask, besides addresses and `localhost`.
    let hostNames: [String]
    /// Probes ask by whatever name their program likes, and learn nothing that is secret.
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
        } catch let fault as RequestFault {
            return try Envelope(id: id, code: fault.code, message: fault.message)
                .response(status: fault.status)
        } catch let error as HTTPError {
            return try Self.answer(to: error, path: request.uri.path, id: id)
        } catch {
            context.logger.error("the management address could not answer: \(error)")
            return try Envelope(
                id: id,
                code: "InternalError",
                message: "The gateway failed; see its log."
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
            message: "This gateway is not known as \(LogText.harmless(host)): use its IP address,"
                + " or add the name to management.names."
        ).response(status: .forbidden)
    }

    private func answer(to refusal: MethodRefusal, id: String) throws -> Response {
        switch refusal {
        case .policyIsFile:
            return try Envelope(
                id: id,
                code: "PolicyIsFile",
                message: "This gateway reads its policy from \(policySource) and takes no change"
                    + " here: change it there, then send the gateway SIGHUP."
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
                message: "The request was refused: \(error.status.reasonPhrase)."
            ).response(status: error.status)
        }
        return try Envelope(id: id, code: "NotFound", message: "There is nothing at \(path).")
            .response(status: .notFound)
    }
}

extension Request {
    /// The client's own `RequestId`, which its writes carry, where it is a UUID; else a new one.
    var envelopeID: String {
        let sent = HTTPField.Name("RequestId").flatMap { headers[$0] }.flatMap(
            UUID.init(uuidString:)
        )
        return (sent ?? UUID()).uuidString.lowercased()
    }

    /// What each Host field names. There should be one (RFC 9112 §3.2); which of two counts is
    /// anybody's guess.
    fileprivate var hosts: [String] {
        let further = head.headerFields.filter { $0.name.canonicalName == "host" }.map(\.value)
        return (head.authority.map { [$0] } ?? []) + further
    }
}
