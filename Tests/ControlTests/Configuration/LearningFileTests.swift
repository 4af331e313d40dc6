import Control
import Foundation
import Settings
import Testing

@Suite("The passwords by which redirect targets are learned")
struct LearningFileTests {
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

    @Test("Its path is relative to the configuration file")
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
            var loaded = try load(yaml(path))
            #expect(loaded.findings == [])
            loaded.checkLearningFiles()
            #expect(loaded.configuration != nil)
            #expect(!"\(loaded.messages)".contains("hunter2"))
            if let words {
                #expect(loaded.places == ["- redirects.learn.passwordFile"])
                #expect(loaded.messages[0].contains(words))
            } else {
                #expect(loaded.findings == [])
            }
        }
    }
}
