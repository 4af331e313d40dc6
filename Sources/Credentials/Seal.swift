import Crypto
import FoundationEssentials

/// Seals what a client keeps for this process, and gives back later: authenticated encryption
/// (ChaCha20-Poly1305, RFC 8439) under a key that ends with the process.
package struct Seal: Sendable {
    private let key = SymmetricKey(size: .bits256)

    package init() {}

    /// - Returns: text for a cookie's value.
    package func close(_ content: [UInt8]) -> String? {
        // `try?`: it fails only for contents of many gigabytes.
        (try? ChaChaPoly.seal(content, using: key)).map { Array($0.combined).base64URL }
    }

    /// What stands for a content that must not be guessed from it (HMAC-SHA256, RFC 2104).
    package func tag(of content: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: content, using: key))
    }

    /// - Returns: `nil` unless this seal has closed it, and nothing of it was changed.
    package func open(_ text: String) -> [UInt8]? {
        guard let bytes = [UInt8](base64URL: text),
            // `try?`: whatever is wrong with it, it is not ours.
            let box = try? ChaChaPoly.SealedBox(combined: bytes),
            let content = try? ChaChaPoly.open(box, using: key)
        else { return nil }
        return Array(content)
    }
}
