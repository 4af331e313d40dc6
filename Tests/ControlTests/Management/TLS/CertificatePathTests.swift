import Settings
import Testing

@testable import Control

@Suite("Where the certificate of the management address is")
struct CertificatePathTests {
    private func loaded(_ management: String, state: String = "") throws -> LoadedConfiguration {
        testLoader.decode(
            "management: { \(management) }\n\(state)\nwarehouses: []\n",
            from: "/etc/sluice/sluice.yaml"
        )
    }

    private func files(_ loaded: LoadedConfiguration) -> CertificateFiles? {
        loaded.configuration?.topology.management.certificateFiles
    }

    @Test("Files of one's own are relative to the configuration file")
    func own() throws {
        let tls = "listen: \"0.0.0.0:7443\", tls: { certificate: tls/a.pem, key: /run/a.key }"
        let expected = CertificateFiles(certificate: "/etc/sluice/tls/a.pem", key: "/run/a.key")
        #expect(try files(loaded(tls)) == expected)
    }

    @Test("A certificate that the gateway makes is beside the store")
    func selfSigned() throws {
        let loaded = try loaded("listen: \"0.0.0.0:7443\"", state: "state: sluice.db")
        #expect(
            files(loaded)
                == CertificateFiles(
                    certificate: "/etc/sluice/sluice.db.tls.pem",
                    key: "/etc/sluice/sluice.db.tls.key"
                )
        )
        #expect(!loaded.warnings.contains { $0.path == "management.tls" })
    }

    @Test("Without a store there may be no place for it, which is a warning with the remedy")
    func noPlace() throws {
        let loaded = try loaded("listen: \"0.0.0.0:7443\"")
        let warning = loaded.warnings.first { $0.path == "management.tls" }
        #expect(warning?.remedy?.contains("set state") == true, "\(loaded.findings)")
        #expect(loaded.configuration != nil)
        #expect(
            try !self.loaded("listen: 127.0.0.1:7080").warnings.contains {
                $0.path == "management.tls"
            }
        )
    }
}
