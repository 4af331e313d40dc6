import Crypto
import DNSProtocol
import FoundationEssentials
import Sockets
import Text

/// The file with the key that updates are signed with, as `tsig-keygen` writes it:
///
///     key "sluice" {
///         algorithm hmac-sha256;
///         secret "…";
///     };
struct TSIGKeyFile: Sendable {
    private static let byteLimit = 4_096
    /// RFC 8945 §6: shorter ones are guessed.
    private static let secretRange = 16...512

    let path: String

    /// - Throws: if others can read the file, or there is not exactly one key in it.
    func read() throws(TSIGKeyFileError) -> TSIGKey {
        let status: FileStatus
        let bytes: [UInt8]
        do throws(SystemError) {
            status = try FileStatus(following: path)
            bytes = try File(reading: path).readToEnd(limit: Self.byteLimit)
        } catch {
            throw .unreadable(path, error)
        }
        guard status.permissions & 0o077 == 0 else { throw .open(path, status.permissions) }
        return try Self.key(in: String(decoding: bytes, as: UTF8.self), path)
    }

    static func key(in text: String, _ path: String) throws(TSIGKeyFileError) -> TSIGKey {
        let words = words(of: text)
        guard words.count == 11, words[0] == "key", words[2] == "{", words.suffix(2) == ["}", ";"],
            let algorithmWord = value(of: "algorithm", in: words),
            let secretWord = value(of: "secret", in: words),
            // `try?`: all that is wrong with the file is one error, which shows its form.
            let name = try? DNSName(parsing: words[1])
        else { throw .malformed(path) }
        guard let algorithm = TSIGKey.Algorithm(rawValue: algorithmWord.lowercased()) else {
            throw .unknownAlgorithm(path, algorithmWord)
        }
        guard let secret = Data(base64Encoded: secretWord), secretRange.contains(secret.count)
        else {
            throw .malformed(path)
        }
        return TSIGKey(name: name, algorithm: algorithm, secret: Array(secret))
    }

    private static func value(of key: String, in words: [String]) -> String? {
        guard let index = words[3...].firstIndex(of: key), words[index + 2] == ";" else {
            return nil
        }
        return words[index + 1]
    }

    /// Without quotes and comments.
    private static func words(of text: String) -> [String] {
        var words: [String] = []
        var word = ""
        func finish() {
            if !word.isEmpty { words.append(word) }
            word = ""
        }
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.prefix { $0 != "#" }
            for character in line.unicodeScalars {
                switch character {
                case "{", "}", ";":
                    finish()
                    words.append(String(character))
                case " ", "\t", "\"":
                    finish()
                default:
                    word.unicodeScalars.append(character)
                }
            }
            finish()
        }
        return words
    }
}

/// Why a key file is not used. None has a byte of the secret.
enum TSIGKeyFileError: Error, Hashable, CustomStringConvertible {
    case unreadable(String, SystemError)
    case open(String, UInt32)
    case malformed(String)
    case unknownAlgorithm(String, String)

    var description: String {
        switch self {
        case .unreadable(let path, let error):
            "cannot read the key file \(path): \(error)"
        case .open(let path, let permissions):
            "others can read or change \(path) (mode \(String(permissions, radix: 8)); chmod 600)"
        case .malformed(let path):
            "\(path) is not a key file (expected what tsig-keygen writes: key \"name\" {"
                + " algorithm hmac-sha256; secret \"base64\"; };)"
        case .unknownAlgorithm(let path, let word):
            "\(path): unknown algorithm \(word.quoted) (expected hmac-sha256, hmac-sha384 or"
                + " hmac-sha512)"
        }
    }
}

extension TSIGKey {
    /// RFC 2104, with the key's hash.
    static func hmac(_ key: TSIGKey, _ bytes: [UInt8]) -> [UInt8] {
        let secret = SymmetricKey(data: key.secret)
        return switch key.algorithm {
        case .hmacSHA256: Array(HMAC<SHA256>.authenticationCode(for: bytes, using: secret))
        case .hmacSHA384: Array(HMAC<SHA384>.authenticationCode(for: bytes, using: secret))
        case .hmacSHA512: Array(HMAC<SHA512>.authenticationCode(for: bytes, using: secret))
        }
    }
}
