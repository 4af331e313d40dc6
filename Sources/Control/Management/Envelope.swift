import Foundation
import HTTPTypes
import Hummingbird

/// The form of every answer under `/v1`, as the warehouse's own API has it.
struct Envelope<Payload: Encodable>: Encodable {
    var success = true
    var requestId = UUID().uuidString.lowercased()
    var code: String?
    var message: String?
    var data: Payload?

    init(data: Payload) {
        self.data = data
    }

    func response(status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(self), as: UTF8.self)
        return .text(text + "\n", type: "application/json", status: status)
    }
}

extension Envelope where Payload == String {
    /// A failure: `code` is a stable word for programs, `message` a sentence for people.
    init(code: String, message: String) {
        success = false
        self.code = code
        self.message = message
    }
}

/// Puts errors into the envelope, so that a client never meets two forms.
struct ErrorEnvelope<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            let (code, message) = Self.words(for: error.status, request)
            return try Envelope(code: code, message: message).response(status: error.status)
        }
    }

    private static func words(
        for status: HTTPResponse.Status,
        _ request: Request
    ) -> (code: String, message: String) {
        guard status == .notFound else {
            return ("InvalidRequest", "The request was refused: \(status.reasonPhrase).")
        }
        if request.method == .get || request.method == .head {
            return ("NotFound", "There is nothing at \(request.uri.path).")
        }
        return (
            "PolicyIsFile",
            "This gateway reads its policy from its configuration file: change that, then send"
                + " SIGHUP."
        )
    }
}
