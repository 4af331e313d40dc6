import COpenSSL
public import Traffic

/// Seals bytes that a client carries and brings back: it can neither read nor change them, nor make
/// any of its own (AES-256-GCM).
///
/// Any thread may use it. A random key is good for 2³² tokens (NIST SP 800-38D §8.3), 497 days of a
/// hundred per second.
public final class TokenSeal: TokenSealing {
    private static let keyByteCount = 32
    /// A nonce and a tag.
    private static let overhead = 28
    /// Longer text is not looked at.
    public static let textLimit = 32_768

    /// Empty if the system had no random bytes: then nothing is sealed or opened.
    private let key: [UInt8]

    /// With a key that ends with the process.
    public init() {
        var key = [UInt8](repeating: 0, count: Self.keyByteCount)
        let result = unsafe key.withUnsafeMutableBufferPointer {
            unsafe copenssl_random($0.baseAddress, $0.count)
        }
        self.key = result == 0 ? key : []
    }

    /// - Parameter key: 32 bytes; with any other number, nothing is sealed or opened.
    public init(key: [UInt8]) {
        self.key = key.count == Self.keyByteCount ? key : []
    }

    /// - Returns: base64url without padding (RFC 4648 §5): 4 characters for 3 bytes, and 38 more.
    ///   Empty, which no seal opens, for bytes whose text would exceed ``textLimit``.
    public func seal(_ bytes: [UInt8]) -> String {
        guard !key.isEmpty, (bytes.count + Self.overhead + 2) / 3 * 4 <= Self.textLimit else {
            return ""
        }
        let capacity = bytes.count + Self.overhead
        let sealed = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
            let written = unsafe copenssl_seal(key, bytes, bytes.count, output.baseAddress)
            count = Int(max(0, written))
        }
        return SealedText.encode(sealed)
    }

    /// - Returns: `nil` for what was not sealed with this key, was changed since, or is too long.
    public func open(_ text: String) -> [UInt8]? {
        guard !key.isEmpty, text.utf8.count <= Self.textLimit,
            let sealed = SealedText.decode(text), sealed.count >= Self.overhead
        else { return nil }
        var isAuthentic = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: sealed.count) { output, count in
            let written = unsafe copenssl_unseal(
                key,
                sealed,
                sealed.count,
                output.baseAddress
            )
            isAuthentic = written >= 0
            count = Int(max(0, written))
        }
        return isAuthentic ? bytes : nil
    }
}

/// Base64url without padding, in its only form: bits that are left over must be zero, so that no two
/// texts are the same token.
private enum SealedText {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
    )

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var bits = 0
        var bitCount = 0
        for byte in bytes {
            bits = bits << 8 & 0xffff | Int(byte)
            bitCount += 8
            while bitCount >= 6 {
                bitCount -= 6
                text.append(alphabet[bits >> bitCount & 63])
            }
        }
        if bitCount > 0 { text.append(alphabet[bits << (6 - bitCount) & 63]) }
        return String(decoding: text, as: UTF8.self)
    }

    static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count * 3 / 4)
        var bits = 0
        var bitCount = 0
        for character in text.utf8 {
            guard let value = value(of: character) else { return nil }
            bits = bits << 6 & 0xfff | value
            bitCount += 6
            guard bitCount >= 8 else { continue }
            bitCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
        }
        guard bitCount < 6, bits & (1 << bitCount - 1) == 0 else { return nil }
        return bytes
    }

    private static func value(of character: UInt8) -> Int? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
