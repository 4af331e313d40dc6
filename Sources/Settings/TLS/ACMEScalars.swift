import Addresses
import Text

extension ACMESettings.Challenge: ConfigurationWord {
    package static let synonyms: [String: Self] = [
        "http": .http, "http01": .http, "standalone": .http, "webroot": .http,
        "tls": .tlsALPN, "alpn": .tlsALPN, "tls-alpn": .tlsALPN, "tlsalpn01": .tlsALPN,
        "dns": .dns, "dns01": .dns,
    ]
}

extension ACMESettings.KeyType: ConfigurationWord {
    package static let synonyms: [String: Self] = [
        "ecdsa": .ecdsaP256, "ec": .ecdsaP256, "p256": .ecdsaP256, "p-256": .ecdsaP256,
        "ec256": .ecdsaP256, "secp256r1": .ecdsaP256, "prime256v1": .ecdsaP256,
        "rsa": .rsa2048, "rsa2048": .rsa2048, "2048": .rsa2048,
    ]
}

/// A DNS name that a certificate can be for, perhaps with `*` as its first label (RFC 6125 §6.4.3).
struct CertificateName: ConfigurationScalar {
    static let expectation = "a DNS name such as gw.example.com or *.gw.example.com"

    /// In lower case.
    let text: String

    init(configurationText text: String) throws(ScalarError) {
        let name = text.lowercased()
        let base = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name
        guard name.utf8.count <= 253,
            base.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(Self.isLabel)
        else {
            throw ScalarError(expected: Self.self, found: text, remedy: Self.remedy(for: name))
        }
        // `try?`: an address is what must not be here.
        guard (try? IPAddress(parsing: base)) == nil else {
            throw ScalarError(
                "\(text.quoted) is an address, and a certificate is for names",
                remedy: "for example gw.example.com"
            )
        }
        self.text = name
    }

    /// Letters, digits and hyphens only: authorities issue nothing for other names (RFC 5890 §2.3.1).
    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy { byte in
                switch byte {
                case 0x61...0x7a, 0x30...0x39, UInt8(ascii: "-"): true
                default: false
                }
            }
    }

    private static func remedy(for name: String) -> String? {
        if name.hasSuffix(".") { return "leave out the dot at the end" }
        if !name.utf8.allSatisfy({ $0 < 0x80 }) {
            return "write other letters than a to z in their xn-- form"
        }
        return name.contains("_") ? "a certificate cannot be for a name with _" : nil
    }
}

/// An address of the operator's for the authority's warnings (RFC 8555 §7.3).
struct MailContact: ConfigurationScalar {
    static let expectation = "an email address"

    private static let scheme = "mailto:"
    /// `mailto:ops@example.com`
    let url: String

    init(configurationText text: String) throws(ScalarError) {
        let address = text.hasPrefix(Self.scheme) ? String(text.dropFirst(7)) : text
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        // No header fields and no second address (RFC 8555 §7.3).
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), address.utf8.count <= 254,
            address.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            !address.utf8.contains(where: { "?,<>\"\\".utf8.contains($0) })
        else {
            throw ScalarError(
                expected: Self.self,
                found: text,
                remedy: "for example ops@example.com"
            )
        }
        url = Self.scheme + address
    }
}
