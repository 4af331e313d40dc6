import Control
import Foundation
import Settings
import Testing

@Suite("The files that a configuration names, and that are read when they are needed")
struct NamedFileTests {
    private func yaml(_ file: String) -> String {
        """
        warehouses:
          - id: W
            whitelist: { entries: [ { cidr: 203.0.113.0/24 } ] }
            listeners:
              - protocol: http
                listen: 127.0.0.1:8030
                http: follow
                backends: [ fe-1:8030 ]
                redirects: { learn: { from: http, passwordFile: \(file) } }
        """
    }

    @Test("The path of the password that learns redirect targets is relative to the configuration")
    func relative() throws {
        let loaded = try load(yaml("password"))
        let folder = loaded.file.dropLast("sluice.yaml".count)
        let service = loaded.configuration?.topology.services.first
        #expect(service?.redirects.learning?.passwordFile == "\(folder)password")
    }

    @Test("sluice check warns of a file that is not there, or that others can read")
    func checked() throws {
        let folder = try TemporaryFolder(["password": "hunter2\n"])
        let manager = FileManager.default
        try manager.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.url.path)
        for (file, permissions, words) in [
            ("password", 0o600, nil), ("password", 0o644, "others can read"),
            ("none", 0o600, "cannot read"),
        ] as [(String, Int, String?)] {
            let path = folder.path(of: file)
            if file == "password" {
                try manager.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
            }
            #expect(try load(yaml(path)).findings == [])
            let loaded = try load(yaml(path), by: checkingLoader)
            #expect(loaded.configuration != nil)
            #expect(!"\(loaded.messages)".contains("hunter2"))
            if let words {
                let place = "9:57 warehouses[0].listeners[0].redirects.learn.passwordFile"
                #expect(loaded.places == [place])
                #expect(loaded.messages[0].contains(words))
            } else {
                #expect(loaded.findings == [])
            }
        }
    }

    @Test("Each warning has its place, in the order of the file")
    func places() throws {
        let yaml = """
            domain: gw.example
            warehouses:
              - id: W
                whitelist: { entries: [ { cidr: 203.0.113.0/24 } ] }
                adminLogin: { user: root, passwordFile: none/admin }
                listeners:
                  - { protocol: mysql, listen: 127.0.0.1:3306, backends: [ fe-1:9030 ] }
            dns:
              addresses: [ 203.0.113.1 ]
              nameServers: [ ns1.gw.example ]
              update:
                server: 127.0.0.1:53
                zone: gw.example
                keyFile: none/update
            state: sluice.db
            management:
              listen: 0.0.0.0:7080
              url: https://gw.example:7080
              tls: { certificate: none/certificate, key: none/key }
              singleSignOn:
                name: Login
                issuer: https://login.example
                clientId: sluice
                clientSecretFile: none/secret
                ca: none/ca
                roles: [ { value: admins, role: administer } ]
            """
        #expect(try load(yaml).findings.map(\.description) == [])
        let loaded = try load(yaml, by: checkingLoader)
        let paths = [
            "warehouses[0].adminLogin.passwordFile", "dns.update.keyFile", "management.tls",
            "management.singleSignOn.clientSecretFile", "management.singleSignOn.ca",
        ]
        #expect(loaded.warnings.map(\.path) == paths && loaded.faults == [])
        #expect(loaded.warnings.compactMap(\.position?.line) == [5, 14, 19, 24, 25])
        #expect(loaded.warnings.allSatisfy { $0.message.contains("/none/") })
        #expect(loaded.configuration != nil)
    }
}
