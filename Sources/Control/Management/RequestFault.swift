import HTTPTypes
import Hummingbird

/// Why a request is answered with an error, in the terms of the envelope.
struct RequestFault: Error {
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
    /// The value of a parameter of the query.
    ///
    /// - Throws: where it is given twice: which of the two counts would be anybody's guess.
    func parameter(_ key: String) throws(RequestFault) -> String? {
        let values = uri.queryParameters[values: key[...]]
        guard values.count <= 1 else {
            throw RequestFault(.badRequest, "InvalidRequest", "\(key) is given twice.")
        }
        return values.first.map { String($0) }
    }
}
