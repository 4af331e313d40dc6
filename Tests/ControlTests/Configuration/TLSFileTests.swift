import Foundation
import Settings
import TestInputs
import Testing
import Time

@testable import Control

/// The certificates are valid from 2026-11-29 on, for a hundred years.
private typealias Inputs = TestInputs.TestCertificates

@Suite("Files of TLS settings")
struct TLSFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try write(Inputs.gateway, to: "gw.pem")
        try write(Inputs.gatewayKey, to: "gw.key")
        try write(Inputs.authority, to: "ca.pem")
    }

    private func write(_ text: String, to name: String, mode: Int = 0o600) throws {
        try folder.write(Data(text.utf8), to: name)
        try FileManager.default.setAttributes(
            [.posixPermissions: mode],
            ofItemAtPath: folder.path(of: name)
        )
    }

    private func load(
        certificate: String = "gw.pem",
        key: String = "gw.key",
        tls: String = "minimumVersion: 1.2",
        route: String = "serverName: a.gw.example",
        at now: Int64 = 1_800_000_000
    ) throws -> LoadedConfiguration {
        let text = """
            state: sluice.db
            tls:
              certificates:
                - { certificate: \(certificate), key: \(key) }
              \(tls)
            listeners:
              - protocol: http
                listen: 192.0.2.1:443
                tls: on
                routes: [ { \(route), warehouse: A } ]
            warehouses:
              - id: A
                services: { http: { backends: [ 127.0.0.1:8030 ] } }
            """
        try write(text, to: "sluice.yaml")
        let loader = ConfigurationLoader(now: { UnixTime(seconds: now) })
        return loader.load(contentsOf: folder.path(of: "sluice.yaml"))
    }

    /// `line:column path: message (remedy)`, without the folder.
    private func lines(_ loaded: LoadedConfiguration) -> [String] {
        loaded.lines.map {
            $0.replacing(folder.path(of: "sluice.yaml") + ":", with: "")
                .replacing(folder.path(of: "x").dropLast(), with: "")
        }
    }

    @Test("A certificate that fits its key and the routes' names has no finding")
    func valid() throws {
        let loaded = try load()
        #expect(lines(loaded) == [])
        #expect(loaded.configuration != nil)
    }

    @Test("A missing file is an error where it is named")
    func missing() throws {
        let loaded = try load(certificate: "gone.pem")
        #expect(loaded.configuration == nil)
        #expect(
            lines(loaded) == [
                "4:22: error: tls.certificates[0].certificate: cannot use gone.pem:"
                    + " no such file or directory"
            ]
        )
    }

    @Test("A folder as a key is named as one")
    func directory() throws {
        let path = folder.path(of: "folder")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let found = lines(try load(key: "folder"))
        #expect(found.count == 1)
        #expect(
            found.first?.contains("certificates[0].key: cannot use folder: is a directory") == true
        )
    }

    @Test("A key that others can read is refused, with the command that corrects it")
    func permissions() throws {
        try write(Inputs.gatewayKey, to: "gw.key", mode: 0o640)
        let loaded = try load()
        #expect(loaded.configuration == nil)
        #expect(loaded.places == ["4:35 tls.certificates[0].key"])
        #expect(loaded.findings.first?.remedy?.hasPrefix("chmod 600 ") == true)
        // One file of both is a key, too.
        try write(Inputs.gateway + "\n" + Inputs.gatewayKey, to: "all.pem", mode: 0o644)
        #expect(try load(certificate: "all.pem", key: "all.pem").faults.count == 1)
        try write(Inputs.gateway + "\n" + Inputs.gatewayKey, to: "all.pem")
        #expect(try load(certificate: "all.pem", key: "all.pem").findings == [])
    }

    @Test("A certificate and a key in each other's place are one error")
    func exchanged() throws {
        try write(Inputs.gateway, to: "gw.pem", mode: 0o644)
        let loaded = try load(certificate: "gw.key", key: "gw.pem")
        #expect(loaded.places == ["4:7 tls.certificates[0]"])
        #expect(loaded.findings.first?.remedy == "exchange the two")
    }

    @Test(
        "What a file should have is named",
        arguments: [
            ("gw.pem", "ca.pem", "4:35 tls.certificates[0].key", "not a private key"),
            ("gw.pem", "gw.pem", "4:7 tls.certificates[0]", "not a private key"),
            ("gw.pem", "sluice.yaml", "4:35 tls.certificates[0].key", "no private key in PEM"),
            ("sluice.yaml", "gw.key", "4:22 tls.certificates[0].certificate", "no certificate"),
        ]
    )
    func contents(certificate: String, key: String, place: String, text: String) throws {
        let loaded = try load(certificate: certificate, key: key)
        #expect(loaded.places == [place])
        #expect(loaded.messages.first?.contains(text) == true, "\(loaded.lines)")
    }

    @Test("An encrypted key, a chain in the wrong order and a foreign key are told apart")
    func pairs() throws {
        try write(Inputs.encryptedKey, to: "encrypted.key")
        try write(Inputs.authority + "\n" + Inputs.gateway, to: "order.pem")
        try write(Inputs.otherKey, to: "other.key")
        let cases = [
            ("gw.pem", "encrypted.key", "openssl pkey -in"),
            ("order.pem", "gw.key", "put the server's certificate first"),
            ("gw.pem", "other.key", "does not belong to the certificate"),
        ]
        for (certificate, key, text) in cases {
            let loaded = try load(certificate: certificate, key: key)
            #expect(loaded.places == ["4:7 tls.certificates[0]"])
            #expect(loaded.lines.first?.contains(text) == true, "\(loaded.lines)")
        }
    }

    @Test("A chain whose second certificate did not sign the first is a warning")
    func chain() throws {
        try write(Inputs.gateway + "\n" + Inputs.other, to: "chain.pem")
        let loaded = try load(certificate: "chain.pem")
        #expect(loaded.configuration != nil)
        #expect(loaded.places == ["4:22 tls.certificates[0].certificate"])
        #expect(loaded.messages.first?.contains("certificate 2 did not sign certificate 1") == true)
    }

    @Test("Names of routes that no certificate has are a warning at the listener")
    func names() throws {
        let loaded = try load(route: "serverName: sales.company.com")
        #expect(loaded.configuration != nil)
        #expect(loaded.places == ["9:10 listeners[0].tls"])
        #expect(loaded.messages.first?.contains("is for sales.company.com") == true)
        let acme = """
            acme:
                directoryURL: https://ca.example/directory
                termsOfServiceAgreed: true
                folder: certificates
                certificates: [ { names: [ sales.company.com ] } ]
            """
        #expect(try load(tls: acme, route: "serverName: sales.company.com").findings == [])
    }

    @Test("An expired certificate is a warning at its place")
    func expired() throws {
        let loaded = try load(at: 5_000_000_000)
        #expect(loaded.places == ["4:22 tls.certificates[0].certificate"])
        #expect(loaded.messages.first?.contains("expired at") == true)
    }

    @Test(
        "Ciphers that OpenSSL does not know are an error",
        arguments: ["ciphers", "cipherSuites"]
    )
    func unknownCiphers(key: String) throws {
        let loaded = try load(tls: "\(key): FOOBAR")
        #expect(loaded.configuration == nil)
        #expect(loaded.places == ["5:\(5 + key.count) tls.\(key)"])
        #expect(loaded.messages.first?.contains("\"FOOBAR\"") == true)
        #expect(loaded.findings.first?.remedy?.contains("openssl ciphers") == true)
    }

    @Test("Weak ciphers, and names among others that choose none, are warnings")
    func weakCiphers() throws {
        let loaded = try load(tls: "ciphers: AES128-SHA:ECDHE-RSA-AES256-SHA")
        #expect(loaded.configuration != nil)
        #expect(loaded.places == ["5:12 tls.ciphers"])
        #expect(loaded.messages.first?.hasSuffix(": AES128-SHA, ECDHE-RSA-AES256-SHA") == true)
        let part = try load(tls: "ciphers: ECDHE-RSA-AES256-GCM-SHA384:FOOBAR")
        #expect(part.messages == ["\"FOOBAR\" chooses no cipher"])
    }

    @Test("Files of authorities are read when the configuration is checked")
    func authorities() throws {
        func acme(_ file: String) -> String {
            """
            acme:
                directoryURL: https://ca.example/directory
                termsOfServiceAgreed: true
                folder: certificates
                authorities: \(file)
                certificates: [ { names: [ a.gw.example ] } ]
            """
        }
        #expect(try load(tls: acme("ca.pem")).findings == [])
        try write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", to: "bad.pem")
        for file in ["gone.pem", "bad.pem"] {
            #expect(try load(tls: acme(file)).places == ["9:18 tls.acme.authorities"])
        }
        let clients = "clientCertificates: { mode: required, authorities: bad.pem }"
        #expect(try load(tls: clients).places == ["5:54 tls.clientCertificates.authorities"])
    }
}
