import Core
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging

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
        guard isHostKnown(of: request) else { return try unknownHost(of: request, id: id) }
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

    private func isHostKnown(of request: Request) -> Bool {
        Self.pathsForAnyHost.contains(request.uri.path)
            || RequestedHost(authority: request.head.authority).isKnown(among: hostNames)
    }

    private func unknownHost(of request: Request, id: String) throws -> Response {
        let host = LogText.harmless(request.head.authority ?? "")
        return try Envelope(
            id: id,
            code: "UnknownHost",
            message: "This gateway is not known as \(host): use its IP address, or add the name to"
                + " management.names."
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
}
