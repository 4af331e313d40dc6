import Addresses
import AsyncHTTPClient
import NIOCore
import NIOSSL
import SwiftASN1
import X509

/// Whether a certificate is for the name by which a server was reached (RFC 9525 §6).
///
/// NIOSSL also accepts one for the address that the name has resolved to. Whoever can forge that
/// answer then needs no certificate but one for an address of their own.
enum CertificateNames {
    static func include(_ host: String, _ certificate: NIOSSLCertificate) throws -> Bool {
        // `try?`: an address is compared by NIOSSL, with the one that is connected to.
        guard (try? IPAddress(parsing: host)) == nil else { return true }
        let parsed = try Certificate(derEncoded: try certificate.toDERBytes())
        // Without such names, NIOSSL has compared the common name.
        guard let names = try parsed.extensions.subjectAlternativeNames else { return true }
        return names.contains { name in
            guard case .dnsName(let pattern) = name else { return false }
            return matches(host, pattern)
        }
    }

    /// `*` stands for one label, the first.
    static func matches(_ host: String, _ pattern: String) -> Bool {
        let (host, pattern) = (normalized(host), normalized(pattern))
        guard pattern.hasPrefix("*.") else { return host == pattern }
        guard let dot = host.firstIndex(of: "."), dot > host.startIndex else { return false }
        return host[dot...] == pattern.dropFirst()
    }

    private static func normalized(_ name: String) -> String {
        let name = name.lowercased()
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }
}

extension HTTPClient.Configuration {
    /// Closes a connection before anything is sent if its certificate is not for `host`. Only for
    /// TLS, which must verify the certificate too.
    mutating func requireCertificate(for host: String) {
        http1_1ConnectionDebugInitializer = { channel in
            ManagementTrust.checkCertificate(of: channel) { certificate in
                guard try CertificateNames.include(host, certificate) else {
                    throw NIOSSLExtraError.failedToValidateHostname
                }
            }
        }
    }
}
