import Crypto
import Text

/// SHA-256 (FIPS 180-4) of whole texts.
package enum Digest {
    package static func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        Array(SHA256.hash(data: Array(bytes)))
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
    package func equalsInConstantTime(_ other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        var difference: UInt8 = 0
        for index in indices { difference |= self[index] ^ other[index] }
        return difference == 0
    }

    /// From the system's random numbers (getrandom(2)).
    package static func random(count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
