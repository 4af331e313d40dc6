/// A secret that the gateway makes for a client: shown once, never stored. What is stored is its
/// hash.
package struct SecretToken: Sendable {
    /// What a token is for, which its first letters tell: to readers, and to scanners of sources.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case apiKey = "sk-"
        case session = "ss-"
        case webhook = "wh-"
    }

    /// The kind's letters, and 43 letters and digits: 256 bits.
    package let text: String
    private let kind: Kind

    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    )
    private static let characterCount = 43
    /// In bytes; a longer text cannot be a token.
    private static let byteLimit = 128

    /// Makes a token from the system's random numbers (getrandom(2)).
    package init(_ kind: Kind) {
        var generator = SystemRandomNumberGenerator()
        let characters = (0..<Self.characterCount).map { _ in
            Self.alphabet[Int.random(in: 0..<Self.alphabet.count, using: &generator)]
        }
        self.kind = kind
        text = kind.rawValue + String(characters)
    }

    /// With all but a few characters replaced: `sk-b****V59R`.
    package var masked: String {
        let body = text.dropFirst(kind.rawValue.count)
        return "\(kind.rawValue)\(body.prefix(1))****\(body.suffix(4))"
    }

    /// SHA-256: the secret has 256 random bits, and nothing slower would protect it better.
    package var hash: [UInt8] { Digest.sha256(text.utf8) }

    /// The hash of what a client has sent; `nil` if that cannot be a token.
    package static func hash(of text: String) -> [UInt8]? {
        text.utf8.count <= byteLimit ? Digest.sha256(text.utf8) : nil
    }
}

/// It is never printed, dumped or logged.
extension SecretToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(a secret)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
