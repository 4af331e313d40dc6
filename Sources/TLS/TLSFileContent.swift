/// What a file in PEM has, by its labels (RFC 7468 §2), to say what is wrong with one that cannot be
/// used.
public struct TLSFileContent: Hashable, Sendable {
    public private(set) var hasCertificate = false
    public private(set) var hasKey = false
    /// Whether a key can only be read with a passphrase.
    public private(set) var hasEncryptedKey = false

    public init(of bytes: [UInt8]) {
        for line in bytes.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
            // RFC 1421 §4.6.1.1.
            if line.starts(with: "Proc-Type: 4,ENCRYPTED".utf8) { hasEncryptedKey = true }
            guard line.starts(with: "-----BEGIN ".utf8) else { continue }
            if line.ends(in: "CERTIFICATE-----") { hasCertificate = true }
            if line.ends(in: "PRIVATE KEY-----") { hasKey = true }
            if line.ends(in: "ENCRYPTED PRIVATE KEY-----") { hasEncryptedKey = true }
        }
    }
}

extension ArraySlice<UInt8> {
    /// Blanks at the end of a line do not count.
    fileprivate func ends(in text: String) -> Bool {
        let backwards = reversed().drop { $0 == 0x20 || $0 == 0x09 }
        return backwards.starts(with: text.utf8.reversed())
    }
}
