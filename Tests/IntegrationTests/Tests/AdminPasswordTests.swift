import Foundation
import Testing

extension IntegrationTests {
    /// `POST …/settings/password` against a real MariaDB.
    @Suite("The administrator's password")
    struct AdminPasswordTests {
        private static let old = "old-secret-1"

        /// A gateway before a MariaDB whose administrator has the old password.
        private struct Site {
            let database: MariaDBServer
            let sluice: SluiceProcess
            let folder: TemporaryFolder
            let user: String

            var passwordFile: String { "\(folder.path)/password" }

            init(settings: [String] = []) throws {
                database = try MariaDBServer.shared.get()
                folder = try TemporaryFolder()
                user = "admin\(UUID().uuidString.prefix(8))"
                try database.administer(
                    "CREATE USER \(user)@'%' IDENTIFIED BY '\(old)'"
                )
                let path = try folder.write("\(old)\n", to: "password")
                try FileManager.default.setAttributes(
                    [.posixPermissions: 0o600],
                    ofItemAtPath: path
                )
                var file = GatewayFile(
                    try ListenerFile("mysql", to: database.endpoint, settings: settings)
                )
                file.warehouse = ["adminLogin: { user: \(user), passwordFile: \(path) }"]
                file.logLevel = "trace"
                sluice = try SluiceProcess(file)
            }

            /// Over the local socket, which needs no key.
            func set(_ body: String) throws -> Curl.Answer {
                let management = sluice.management
                return try Curl.get(
                    "/v1/warehouses/WHTEST/settings/password",
                    at: management,
                    [
                        "--unix-socket",
                        "/run/sluice/\(management.host)-\(management.port).sock",
                        "--header", "Content-Type: application/json", "--data", body,
                    ]
                )
            }

            func admits(_ password: String) throws -> Bool {
                let result = try MySQLClient.query(
                    "SELECT 1",
                    at: database.endpoint,
                    user: user,
                    password: password
                )
                return result.status == 0
            }

            func expectNotLogged(_ secrets: String...) {
                for secret in secrets {
                    #expect(!sluice.process.output.contains(secret))
                    #expect(!sluice.operatorLog.contains(secret))
                }
            }
        }

        @Test(
            "A new password is set, kept in the file, and used for the next change",
            arguments: [[], ["sendProxyProtocol: v1"], ["sendProxyProtocol: v2"]]
        )
        func change(settings: [String]) throws {
            let site = try Site(settings: settings)
            let passwords = [#"n3w '\ " OR 1=1 -- 漢"#, "third-secret-3"]
            for password in passwords {
                let body = try JSONEncoder().encode(["newPassword": password])
                let answer = try site.set(String(decoding: body, as: UTF8.self))
                #expect(answer.status == 200, "\(answer.body)")
                #expect(answer.body.contains(#""passwordFileUpdated":true"#))
                #expect(!answer.body.contains(password))
                #expect(try site.admits(password))
                let file = try String(contentsOfFile: site.passwordFile, encoding: .utf8)
                #expect(file == password + "\n")
            }
            let attributes = try FileManager.default.attributesOfItem(atPath: site.passwordFile)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(try !site.admits(Self.old))
            site.expectNotLogged(Self.old, "third-secret-3", "OR 1=1")
        }

        @Test("It does not depend on how the server reads backslashes")
        func sqlMode() throws {
            let site = try Site()
            try site.database.administer(
                "SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'"
            )
            defer { _ = try? site.database.administer("SET GLOBAL sql_mode = DEFAULT") }
            let answer = try site.set(#"{"newPassword":"a\\' OR 'b\\\\"}"#)
            #expect(answer.status == 200, "\(answer.body)")
            #expect(try site.admits(#"a\' OR 'b\\"#))
        }

        @Test(
            "An invalid password is refused, without repeating it",
            arguments: [
                #"{"newPassword":"short77"}"#, #"{"newPassword":"hunter2\u0000hunter2"}"#,
                #"{"newPassword":"hunter2\nhunter2"}"#, #"{"newPassword":["hunter2hunter2"]}"#,
                #"{"newPassword":"hunter2hunter2","user":"root"}"#, #"{}"#, "hunter2hunter2",
            ]
        )
        func invalid(body: String) throws {
            let site = try Site()
            let answer = try site.set(body)
            #expect(answer.status == 400)
            #expect(!answer.body.contains("hunter2") && !answer.body.contains("short77"))
            #expect(try site.admits(Self.old))
            site.expectNotLogged("hunter2", "short77")
        }

        @Test("A file that others can read is not used, and nothing is changed")
        func openFile() throws {
            let site = try Site()
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o644],
                ofItemAtPath: site.passwordFile
            )
            let answer = try site.set(#"{"newPassword":"new-secret-2"}"#)
            #expect(answer.status == 409 && answer.body.contains("chmod 600"))
            #expect(try site.admits(Self.old))
        }

        @Test("If the warehouse does not admit the gateway, the answer says so")
        func denied() throws {
            let site = try Site()
            try site.database.administer("ALTER USER \(site.user)@'%' IDENTIFIED BY 'another'")
            let answer = try site.set(#"{"newPassword":"new-secret-2"}"#)
            #expect(answer.status == 409 && answer.body.contains("1045"))
            #expect(try site.admits("another"))
            let file = try String(contentsOfFile: site.passwordFile, encoding: .utf8)
            #expect(file == Self.old + "\n")
        }

        @Test("Without a login in the configuration, the call is not supported")
        func unsupported() throws {
            let database = try MariaDBServer.shared.get()
            let sluice = try SluiceProcess(
                GatewayFile(try ListenerFile("mysql", to: database.endpoint))
            )
            let management = sluice.management
            let answer = try Curl.get(
                "/v1/warehouses/WHTEST/settings/password",
                at: management,
                [
                    "--unix-socket", "/run/sluice/\(management.host)-\(management.port).sock",
                    "--data", #"{"newPassword":"new-secret-2"}"#,
                ]
            )
            #expect(answer.status == 501 && answer.body.contains("adminLogin"))
        }
    }
}
