import HTTPTypes
import Hummingbird

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
