import Crypto
import CryptoExtras
import Text

/// The hash of a password by scrypt (RFC 7914).
///
/// As text it is in the PHC string format: `$scrypt$ln=15,r=8,p=3$SALT$HASH`, with salt and hash in
/// Base64 without padding. The parameters are part of it, so that they can rise: an older hash is
/// replaced at the next login (``isOutdated``).
package struct PasswordHash: Hashable, Sendable {
    package struct Parameters: Hashable, Sendable {
        /// The binary logarithm of the cost N.
        package var logCost: Int
        /// r
        package var blockSize: Int
        /// p
        package var parallelism: Int

        package init(logCost: Int, blockSize: Int = 8, parallelism: Int) {
            self.logCost = logCost
            self.blockSize = blockSize
            self.parallelism = parallelism
        }

        /// 32 MiB and about 250 ms of one core: as strong as 128 MiB in one pass, on a gateway that
        /// may be a small machine (OWASP Password Storage Cheat Sheet).
        package static let standard = Parameters(logCost: 15, parallelism: 3)

        /// 128 · N · r, in bytes.
        var memory: Int { 128 * blockSize << logCost }

        /// What a stored text may ask for: never more than this program would have written.
        fileprivate var isAcceptable: Bool {
            (1...20).contains(logCost) && (1...16).contains(blockSize)
                && (1...16).contains(parallelism) && memory <= 268_435_456
        }
    }

    package let parameters: Parameters
    private let salt: [UInt8]
    private let digest: [UInt8]

    private static let saltByteCount = 16
    private static let digestByteCount = 32

    /// Hashes a password with a new salt. Takes the time and the memory of the parameters.
    package init(_ password: Password, _ parameters: Parameters = .standard) {
        self.parameters = parameters
        salt = .random(count: Self.saltByteCount)
        digest = Self.digest(password, salt, parameters)
    }

    /// Whether this is the hash of `password`. Takes the time and the memory of the parameters.
    package func matches(_ password: Password) -> Bool {
        digest.equalsInConstantTime(Self.digest(password, salt, parameters))
    }

    /// Of no password. For unknown names, which must take as long as known ones.
    package static func decoy(_ parameters: Parameters = .standard) -> PasswordHash {
        PasswordHash(
            parameters: parameters,
            salt: .random(count: saltByteCount),
            digest: .random(count: digestByteCount)
        )
    }

    package func isOutdated(for parameters: Parameters = .standard) -> Bool {
        self.parameters != parameters
    }

    private init(parameters: Parameters, salt: [UInt8], digest: [UInt8]) {
        self.parameters = parameters
        self.salt = salt
        self.digest = digest
    }

    private static func digest(_ password: Password, _ salt: [UInt8], _ parameters: Parameters)
        -> [UInt8]
    {
        do {
            let key = try KDF.Scrypt.deriveKey(
                from: Array(password.text.utf8),
                salt: salt,
                outputByteCount: digestByteCount,
                rounds: 1 << parameters.logCost,
                blockSize: parameters.blockSize,
                parallelism: parameters.parallelism
            )
            return unsafe key.withUnsafeBytes { unsafe Array($0) }
        } catch {
            // Only without memory: a digest that nothing matches, as a hash of another password.
            return .random(count: digestByteCount)
        }
    }
}

extension PasswordHash: LosslessStringConvertible {
    package init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt",
            let parameters = Parameters(phc: parts[2]), parameters.isAcceptable,
            let salt = [UInt8](base64: parts[3]), (8...64).contains(salt.count),
            let digest = [UInt8](base64: parts[4]), digest.count == Self.digestByteCount
        else { return nil }
        self.init(parameters: parameters, salt: salt, digest: digest)
    }

    package var description: String {
        "$scrypt$\(parameters.phc)$\(salt.base64)$\(digest.base64)"
    }
}

extension PasswordHash: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let hash = PasswordHash(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "not the hash of a password"
            )
        }
        self = hash
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension PasswordHash.Parameters {
    fileprivate var phc: String { "ln=\(logCost),r=\(blockSize),p=\(parallelism)" }

    /// `ln=15,r=8,p=3`, in this order.
    fileprivate init?(phc text: Substring) {
        let values = text.split(separator: ",", omittingEmptySubsequences: false)
        guard values.count == 3, let logCost = Self.number("ln=", values[0]),
            let blockSize = Self.number("r=", values[1]),
            let parallelism = Self.number("p=", values[2])
        else { return nil }
        self.init(logCost: logCost, blockSize: blockSize, parallelism: parallelism)
    }

    private static func number(_ prefix: String, _ text: Substring) -> Int? {
        let digits = text.dropFirst(prefix.count)
        guard text.hasPrefix(prefix), (1...3).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(digits)
    }
}
