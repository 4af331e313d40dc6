import Crypto

/// A secret with which the gateway signs what it sends, so that its receiver knows the sender.
///
/// Unlike a ``SecretToken``'s, its text is kept: signing needs it.
package struct SigningSecret: Hashable, Sendable, Codable {
    private let text: String

    package init(_ token: SecretToken) {
        text = token.text
    }

    /// HMAC-SHA256 (RFC 2104, FIPS 198-1) in lower-case hexadecimal digits.
    package func signature(of message: [UInt8]) -> String {
        let key = SymmetricKey(data: Array(text.utf8))
        return Array(HMAC<SHA256>.authenticationCode(for: message, using: key)).hexadecimal
    }

    package init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// It is never printed, dumped or logged.
extension SigningSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(a secret)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
