import Addresses
import Crypto
import Foundation
import NIOCore
import NIOSSL
import Settings
import Sockets
import SwiftASN1
import Synchronization
import X509

@testable import Control

/// An authority that issues certificates for servers of the test.
struct TestAuthority: Sendable {
    private let key = P256.Signing.PrivateKey()
    private let name: DistinguishedName
    private let folder: TemporaryFolder

    /// Its own certificate, in PEM.
    var file: String { folder.path(of: "authority.pem") }

    init() throws {
        name = try DistinguishedName { CommonName("Authority of the test") }
        folder = try TemporaryFolder()
        let certificate = try Self.certificate(
            of: key.publicKey,
            named: name,
            from: name,
            key: key,
            life: -1...1,
            Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            }
        )
        try folder.write(Data(try certificate.serializeAsPEM().pemString.utf8), to: "authority.pem")
    }

    /// What a server speaks TLS with.
    ///
    /// - Parameters:
    ///   - hosts: names and addresses that its certificate is for.
    ///   - life: of its certificate, in days from now.
    ///   - newest: version of TLS that it speaks.
    ///   - asked: gets the names that clients ask for.
    func context(
        for hosts: [String],
        life: ClosedRange<Double> = -1...1,
        newest: TLSVersion? = nil,
        asked: AskedNames = AskedNames()
    ) throws -> NIOSSLContext {
        let (certificate, own) = try issue(hosts, life)
        let text = try certificate.serializeAsPEM().pemString
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(text.utf8))
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(
                try NIOSSLPrivateKey(bytes: Array(own.pemRepresentation.utf8), format: .pem)
            )
        )
        if let newest {
            (configuration.minimumTLSVersion, configuration.maximumTLSVersion) = (.tlsv1, newest)
        }
        configuration.sslContextCallback = { values, promise in
            asked.add(values.serverHostname)
            promise.succeed(.noChanges)
        }
        return try NIOSSLContext(configuration: configuration)
    }

    /// Writes a certificate and its key for a gateway.
    func write(_ files: CertificateFiles, for hosts: [String]) throws {
        let (certificate, own) = try issue(hosts, -1...1)
        let text = try certificate.serializeAsPEM().pemString
        try File.replace(files.certificate, with: Array(text.utf8), isDurable: false)
        try File.replace(
            files.key,
            with: Array(own.pemRepresentation.utf8),
            isDurable: false,
            isPrivate: true
        )
    }

    private func issue(_ hosts: [String], _ life: ClosedRange<Double>) throws -> (
        Certificate, P256.Signing.PrivateKey
    ) {
        let own = P256.Signing.PrivateKey()
        let names = hosts.map { host -> GeneralName in
            // `try?`: what is not an address is a name.
            guard let address = try? IPAddress(parsing: host) else { return .dnsName(host) }
            return .ipAddress(ASN1OctetString(contentBytes: address.networkBytes[...]))
        }
        let certificate = try Self.certificate(
            of: own.publicKey,
            named: try DistinguishedName { CommonName("Server of the test") },
            from: name,
            key: key,
            life: life,
            try Certificate.Extensions {
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(names)
            }
        )
        return (certificate, own)
    }

    private static func certificate(
        of key: P256.Signing.PublicKey,
        named subject: DistinguishedName,
        from issuer: DistinguishedName,
        key issuerKey: P256.Signing.PrivateKey,
        life: ClosedRange<Double>,
        _ extensions: Certificate.Extensions
    ) throws -> Certificate {
        try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(key),
            notValidBefore: Date(timeIntervalSinceNow: life.lowerBound * 86_400),
            notValidAfter: Date(timeIntervalSinceNow: life.upperBound * 86_400),
            issuer: issuer,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions,
            issuerPrivateKey: Certificate.PrivateKey(issuerKey)
        )
    }
}

/// The server names that clients have asked for (RFC 6066 §3).
final class AskedNames: Sendable {
    private let names = Mutex<[String?]>([])

    var all: [String?] { names.withLock { $0 } }

    func add(_ name: String?) { names.withLock { $0.append(name) } }
}
