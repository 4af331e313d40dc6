import COpenSSL
import Text

/// SHA-256 (FIPS 180-4).
enum SHA256 {
    static let byteCount = 32

    static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        let result = unsafe copenssl_sha256(bytes, bytes.count, &digest)
        precondition(result == 0, "SHA-256 is not available")
        return digest
    }
}

extension [UInt8] {
    /// Lower-case hexadecimal digits.
    package var hexadecimal: String {
        var text: [UInt8] = []
        for byte in self { text.append(hexadecimal: byte, digitCount: 2) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Compares in a time that depends on the lengths only.
    func equalsInConstantTime(_ other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        var difference: UInt8 = 0
        for index in indices { difference |= self[index] ^ other[index] }
        return difference == 0
    }
}
