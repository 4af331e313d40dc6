import Addresses
import Crypto
import FoundationEssentials
import Glibc
import Operations
import Settings
import Sockets
import SwiftASN1
import Time
import Traffic
import X509

/// A certificate that the gateway makes for itself: ECDSA P-256, kept in two files.
struct SelfSignedCertificate {
    /// In seconds; some clients accept no longer life (825 days, CA/Browser Forum BR 6.3.2 of 2018).
    static let lifetime: Int64 = 825 * 86_400
    /// In seconds: with less life left, a new certificate takes its place.
    static let renewalTime: Int64 = 30 * 86_400
    /// For clients whose clocks are slow.
    private static let leeway: Int64 = 3_600

    /// What the certificate is for.
    let management: ManagementSettings
    let files: CertificateFiles

    /// What ``load(now:)`` has done.
    enum Outcome: Hashable {
        case kept
        /// The first one.
        case made
        /// In the place of another one, because of this.
        case replaced(reason: String)
    }

    /// The certificate of the files; if there is none, it does not fit its key, or its life ends soon,
    /// a new one.
    func load(now: UnixTime) throws(CertificateError) -> (ServerCertificate, Outcome) {
        let reason: String
        do throws(CertificateError) {
            guard exists(files.certificate), exists(files.key) else {
                return (try make(now: now), .made)
            }
            let certificate = try ServerCertificate(files, isSelfSigned: true)
            let rest = certificate.status.expiresAt.seconds - now.seconds
            if rest > Self.renewalTime { return (certificate, .kept) }
            let end = certificate.status.expiresAt.rfc3339
            reason = "the previous one \(rest > 0 ? "ends" : "ended") at \(end)"
        } catch {
            guard error.isOfContent else { throw error }
            reason = error.description
        }
        return (try make(now: now), .replaced(reason: reason))
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private func make(now: UnixTime) throws(CertificateError) -> ServerCertificate {
        let key = P256.Signing.PrivateKey()
        guard let certificate = try? self.certificate(of: key, now: now) else {
            throw .unwritable(path: files.certificate, reason: "cannot make a certificate")
        }
        // The key first: without its certificate it is of no use, and both are made again.
        try write(key.pemRepresentation + "\n", to: files.key, isPrivate: true)
        try write(certificate + "\n", to: files.certificate)
        return try ServerCertificate(files, isSelfSigned: true)
    }

    private func write(_ text: String, to path: String, isPrivate: Bool = false)
        throws(CertificateError)
    {
        do throws(SystemError) {
            try File.replace(path, with: Array(text.utf8), isDurable: true, isPrivate: isPrivate)
        } catch {
            throw .unwritable(path: path, reason: "\(error)")
        }
    }

    /// In PEM.
    private func certificate(of key: P256.Signing.PrivateKey, now: UnixTime) throws -> String {
        let name = try DistinguishedName { CommonName("Sluice management address") }
        let names = Self.names(of: management, host: Self.hostName())
        let certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: Date(timeIntervalSince1970: Double(now.seconds - Self.leeway)),
            notValidAfter: Date(
                timeIntervalSince1970: Double(now.seconds - Self.leeway + Self.lifetime)
            ),
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                // Without a key usage: with one, clients would not take it for its own issuer (RFC 5280
                // §4.2.1.3), and so not trust it where it is listed as an authority.
                Critical(BasicConstraints.notCertificateAuthority)
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(names)
            },
            issuerPrivateKey: Certificate.PrivateKey(key)
        )
        return try certificate.serializeAsPEM().pemString
    }

    /// By what names clients may reach the address: those that are configured, the machine's, and
    /// the addresses.
    static func names(of management: ManagementSettings, host: String?) -> [GeneralName] {
        var hosts: [String] = []
        for name in management.names + [host, "localhost"].compactMap(\.self)
        where !hosts.contains(name) { hosts.append(name) }
        var addresses = [management.address?.ip].compactMap(\.self).filter { !$0.isUnspecified }
        for loopback in [
            IPAddress.v4(IPv4Address(127, 0, 0, 1)), .v6(IPv6Address(high: 0, low: 1)),
        ] where !addresses.contains(loopback) { addresses.append(loopback) }
        return hosts.map { .dnsName($0) }
            + addresses.map { .ipAddress(ASN1OctetString(contentBytes: $0.networkBytes[...])) }
    }

    private static func hostName() -> String? {
        var bytes = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&bytes, bytes.count - 1) == 0 else { return nil }
        let text = bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let name = String(decoding: text, as: UTF8.self)
        return name.isEmpty ? nil : name
    }
}

extension CertificateError {
    /// Whether what is in the files is of no use, so that new ones lose nothing.
    fileprivate var isOfContent: Bool {
        switch self {
        case .notCertificate, .notKey, .mismatch: true
        case .unreadable, .exposedKey, .unwritable, .noPlace: false
        }
    }
}

extension IPAddress {
    /// 4 or 16 bytes (RFC 5280 §4.2.1.6).
    var networkBytes: [UInt8] {
        switch self {
        case .v4(let v4): (0..<4).reversed().map { UInt8(truncatingIfNeeded: v4.bits >> ($0 * 8)) }
        case .v6(let v6):
            [v6.high, v6.low].flatMap { half in
                (0..<8).reversed().map { UInt8(truncatingIfNeeded: half >> ($0 * 8)) }
            }
        }
    }
}
