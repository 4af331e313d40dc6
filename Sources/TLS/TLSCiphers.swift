import COpenSSL
public import Traffic

/// The ciphers of one TLS version that a list in OpenSSL's spelling chooses, and that this OpenSSL would
/// negotiate.
public struct TLSCiphers: Hashable, Sendable {
    public private(set) var names: [String] = []
    /// Those of `names` without forward secrecy, authenticated encryption or a server's certificate.
    public private(set) var weak: [String] = []

    private static let namesLimit = 1 << 14

    /// `nil` if OpenSSL does not accept the list.
    public init?(_ list: String, of version: TLSSession.Version) {
        var output = [CChar](repeating: 0, count: Self.namesLimit)
        let count = unsafe copenssl_cipher_names(list, version == .tls13, &output, output.count)
        guard count >= 0 else { return nil }
        for part in output.prefix(Int(count)).split(separator: 0) {
            let name = String(nullTerminated: Array(part.dropFirst()))
            names.append(name)
            if part.first == CChar(bitPattern: UInt8(ascii: "-")) { weak.append(name) }
        }
    }

    /// The parts of a list that choose nothing; without those that only remove or sort what others have
    /// chosen (openssl-ciphers(1)).
    public static func uselessParts(of list: String, of version: TLSSession.Version) -> [String] {
        let parts = list.utf8.split { ":,; ".utf8.contains($0) }.map { String(Substring($0)) }
        return parts.filter { part in
            guard let first = part.utf8.first, !"!-+@".utf8.contains(first) else { return false }
            return TLSCiphers(part, of: version)?.names.isEmpty ?? true
        }
    }
}
