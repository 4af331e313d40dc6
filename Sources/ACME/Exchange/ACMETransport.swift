package import Settings

/// How an authority is reached.
///
/// Redirects are not followed, TLS is verified, and time and size are limited.
package protocol ACMETransport: Sendable {
    /// - Throws: ``ACMEError/unreachable(_:)`` or ``ACMEError/tooLarge``.
    func send(_ request: ACMERequest) async throws(ACMEError) -> ACMEAnswer
}

package struct ACMERequest: Hashable, Sendable {
    package enum Method: String, Hashable, Sendable {
        case get = "GET"
        case head = "HEAD"
        /// With a signed object (RFC 8555 §6.2).
        case post = "POST"
    }

    package var method: Method
    package var url: WebURL
    package var body: [UInt8] = []
    /// The type that is wanted.
    package var accept = ACMEAnswer.jsonType
}

package struct ACMEAnswer: Hashable, Sendable {
    package static let jsonType = "application/json"
    package static let problemType = "application/problem+json"
    package static let chainType = "application/pem-certificate-chain"

    package var status: Int
    /// By name in lower case; of fields that come twice, the first.
    package var fields: [String: String]
    package var body: [UInt8]

    package init(status: Int, fields: [String: String] = [:], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// In lower case, without parameters.
    package var contentType: String? {
        fields["content-type"].map { field in
            String(field.prefix { $0 != ";" && $0 != " " }).lowercased()
        }
    }

    package var isSuccess: Bool { (200..<300).contains(status) }
}
