import COpenSSL
package import MySQLProtocol

/// A password that is never printed, dumped or logged.
package struct Password: Hashable, Sendable {
    /// In UTF-8.
    package let bytes: [UInt8]

    package init(_ text: some StringProtocol) {
        bytes = Array(text.utf8)
    }

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var isEmpty: Bool { bytes.isEmpty }
}

extension Password: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(a password)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// What is sent instead of a password.
package enum MySQLPasswordAnswer {
    package static let cachingSHA2 = "caching_sha2_password"

    /// The answer to a scramble by the rule of `plugin`; empty for an empty password.
    package static func answer(
        _ password: Password,
        to scramble: MySQLScramble,
        plugin: String
    ) throws(MySQLLoginError) -> [UInt8] {
        let isKnown = plugin == MySQLScramble.nativePassword || plugin == cachingSHA2
        guard isKnown else { throw .unknownPlugin(plugin) }
        guard !password.isEmpty else { return [] }
        return plugin == cachingSHA2
            ? cachingSHA2(password.bytes, scramble.bytes) : native(password.bytes, scramble.bytes)
    }

    /// `SHA1(password) XOR SHA1(scramble + SHA1(SHA1(password)))`
    /// (MySQL internals manual, "Secure Password Authentication").
    private static func native(_ password: [UInt8], _ scramble: [UInt8]) -> [UInt8] {
        let once = Digest.sha1(password)
        return combine(once, Digest.sha1(scramble + Digest.sha1(once)))
    }

    /// `SHA256(password) XOR SHA256(SHA256(SHA256(password)) + scramble)`
    /// (MySQL, "Caching SHA-2 Pluggable Authentication").
    private static func cachingSHA2(_ password: [UInt8], _ scramble: [UInt8]) -> [UInt8] {
        let once = Digest.sha256(password)
        return combine(once, Digest.sha256(Digest.sha256(once) + scramble))
    }

    /// The password and a zero byte, mixed with the scramble and encrypted for the server.
    static func encrypted(
        _ password: Password,
        _ scramble: MySQLScramble,
        publicKey: [UInt8]
    ) throws(MySQLLoginError) -> [UInt8] {
        let plain = password.bytes + [0]
        let mixed = plain.indices.map { plain[$0] ^ scramble.bytes[$0 % scramble.bytes.count] }
        var output = [UInt8](repeating: 0, count: 2_048)
        let count = unsafe copenssl_rsa_oaep(
            publicKey,
            publicKey.count,
            mixed,
            mixed.count,
            &output,
            output.count
        )
        guard count > 0 else { throw .badPublicKey }
        return Array(output.prefix(Int(count)))
    }

    private static func combine(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        zip(left, right).map { $0 ^ $1 }
    }
}

/// FIPS 180-4.
private enum Digest {
    static func sha1(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 20)
        let result = unsafe copenssl_sha1(bytes, bytes.count, &digest)
        precondition(result == 0, "libcrypto has no SHA-1")
        return digest
    }

    static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let result = unsafe copenssl_sha256(bytes, bytes.count, &digest)
        precondition(result == 0, "libcrypto has no SHA-256")
        return digest
    }
}
