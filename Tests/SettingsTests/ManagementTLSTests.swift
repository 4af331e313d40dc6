import Addresses
import Settings
import Testing

@Suite("TLS on the management address")
struct ManagementTLSTests {
    private func decoded(_ management: ConfigurationNode) -> DecodedConfiguration {
        SampleTree.public.setting("management", to: management).decoded()
    }

    private func tls(_ management: ConfigurationNode) throws -> ManagementTLS {
        let decoded = decoded(management)
        #expect(decoded.findings == [] || decoded.faults == [], "\(decoded.findings)")
        return try #require(decoded.configuration).topology.management.tls
    }

    @Test("The default is off on loopback, and a certificate of the gateway's own beyond")
    func standard() throws {
        for address in ["127.0.0.1:7080", "127.9.9.9:7080", "[::1]:7080"] {
            #expect(try tls(["listen": .init(stringLiteral: address)]) == .off, "\(address)")
        }
        for address in ["0.0.0.0:7080", "[::]:7080", "10.0.0.1:7080", "[::ffff:0.0.0.0]:7080"] {
            #expect(try tls(["listen": .init(stringLiteral: address)]) == .selfSigned, "\(address)")
        }
    }

    @Test("A certificate of one's own is two files, on any address")
    func files() throws {
        let files: ConfigurationNode = ["certificate": "a.pem", "key": "a.key"]
        let expected = ManagementTLS.files(CertificateFiles(certificate: "a.pem", key: "a.key"))
        #expect(try tls(["listen": "127.0.0.1:7080", "tls": files]) == expected)
        #expect(try tls(["listen": "0.0.0.0:7080", "tls": files]) == expected)
        #expect(try tls(["listen": "127.0.0.1:7080", "tls": "self-signed"]) == .selfSigned)
        #expect(try tls(["listen": "127.0.0.1:7080", "tls": "off"]) == .off)
    }

    @Test(
        "Plain text beyond loopback is an error, behind a proxy too",
        arguments: ["0.0.0.0:7080", "[::]:7080", "10.0.0.1:7080", "8.8.8.8:7080"]
    )
    func plainText(address: String) throws {
        let faults = decoded([
            "listen": .init(stringLiteral: address), "tls": "off", "trustedProxies": ["10.0.0.5"],
        ]).faults
        #expect(faults.map(\.path) == ["management.tls"])
        #expect(faults.first?.message.contains("plain text") == true)
        let remedy = try #require(faults.first?.remedy)
        #expect(remedy.contains("self-signed") && remedy.contains("127.0.0.1:7080"))
    }

    @Test(
        "What is neither a word nor two files is an error with a remedy",
        arguments: [
            ("yes", "management.tls", "self-signed"), ("a.pem", "management.tls", "certificate"),
            (["certificate": "a.pem"], "management.tls.key", "add key: FILE"),
            (["cert": "a.pem", "key": "k"], "management.tls.cert", "did you mean certificate?"),
            (["certificate": "a", "private_key": "k"], "management.tls.private_key", "mean key?"),
            (["certificate": "a.pem", "key": "k", "ca": "c"], "management.tls.ca", "unknown key"),
            (["certificate": "", "key": "k"], "management.tls.certificate", "path of a file"),
            (["a.pem"], "management.tls", "found a list"),
        ] as [(ConfigurationNode, String, String)]
    )
    func faults(value: ConfigurationNode, path: String, words: String) {
        let faults = decoded(["listen": "127.0.0.1:7080", "tls": value]).faults
        #expect(faults.map(\.path) == [path])
        #expect(faults.first?.description.contains(words) == true, "\(faults)")
    }
}
