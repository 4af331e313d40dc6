import Foundation
import Glibc
import Testing

/// A gateway with accounts, its store in a folder that outlasts its processes.
private struct AccountSite {
    let store: StoreSite
    /// Of the same gateway, for commands on its machine.
    let configuration: String

    init() throws {
        var store = try StoreSite(whitelist: nil)
        store.file.logLevel = "trace"
        self.store = store
        configuration = try store.folder.write(
            store.file.text(management: store.management),
            to: "sluice.yaml"
        )
    }

    var passwordFile: String { "\(store.path).admin-password" }

    /// Starts the gateway, and waits until it has made the account `admin`.
    func start() throws -> SluiceProcess {
        let sluice = try store.start()
        try wait(for: "the account admin") { try sluice.get("/v1/accounts").body.contains("admin") }
        return sluice
    }

    /// The first start, with the password of `admin`.
    func firstStart() throws -> (SluiceProcess, password: String) {
        let sluice = try start()
        let text = try String(contentsOfFile: passwordFile, encoding: .utf8)
        return (sluice, text.trimmingCharacters(in: .newlines))
    }

    /// Runs a command on the gateway's machine, whether the gateway runs or not.
    func command(_ arguments: String...) throws -> String {
        let result = try runProgram(
            Programs.sluice(),
            ["account"] + arguments + ["--config", configuration]
        )
        guard result.status == 0 else { throw HarnessError("\(arguments): \(result)") }
        return result.output.trimmingCharacters(in: .newlines)
    }
}

private struct Opened: Decodable {
    var token: String
    var mustDo: String?
    var account: Account

    struct Account: Decodable { var accountId: String }
}

/// What comes back to a client that has signed in.
private final class SignedIn {
    let opened: Opened
    /// Of the gateway, whichever process it is.
    private let management: Endpoint

    init(_ sluice: SluiceProcess, _ name: String, _ password: String) throws {
        management = sluice.management
        let answer = try Self.logIn(try sluice.remoteClient(), name, password)
        guard answer.status == 200 else { throw HarnessError("\(answer)") }
        opened = try answer.data()
    }

    static func logIn(
        _ client: ManagementClient,
        _ name: String,
        _ password: String
    ) throws -> ManagementClient.Answer {
        let body = ["name": name, "password": password, "client": "commandLine"]
        return try client.send(
            "POST",
            "/v1/login",
            String(decoding: try JSONEncoder().encode(body), as: UTF8.self)
        )
    }

    var fields: [String] { ["Authorization: Bearer \(opened.token)"] }

    func send(_ method: String, _ path: String, _ body: [String: String]? = nil) throws
        -> ManagementClient.Answer
    {
        let text = try body.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        return try ManagementClient(to: management).send(method, path, text, fields: fields)
    }
}

extension IntegrationTests {
    /// Accounts and logins, with the real program.
    @Suite("Accounts")
    struct AccountTests {
        private static let password = "a long new password"

        @Test("The first start makes admin, whose password is in a file until it is changed")
        func firstStart() throws {
            let site = try AccountSite()
            let (sluice, first) = try site.firstStart()
            let attributes = try FileManager.default.attributesOfItem(atPath: site.passwordFile)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(first.count > 20)
            try wait(for: "the log") { sluice.operatorLog.contains(site.passwordFile) }
            let admin = try SignedIn(sluice, "admin", first)
            #expect(admin.opened.mustDo == "changePassword")
            let refused = try admin.send("GET", "/v1/status")
            #expect(try refused.status == 403 && refused.code == "PasswordChangeRequired")
            let changed = try admin.send(
                "POST",
                "/v1/me/password",
                ["currentPassword": first, "newPassword": Self.password]
            )
            #expect(changed.status == 200, "\(changed)")
            #expect(try admin.send("GET", "/v1/status").status == 200)
            #expect(!FileManager.default.fileExists(atPath: site.passwordFile))
            let old = try SignedIn.logIn(try sluice.remoteClient(), "admin", first)
            #expect(try old.status == 401 && old.code == "Unauthorized.LoginRefused")
            #expect(try sluice.terminate() == 0)

            let second = try site.start()
            #expect(!FileManager.default.fileExists(atPath: site.passwordFile))
            let list = try second.get("/v1/accounts").body
            #expect(list.contains(#""total":1"#) && list.contains(admin.opened.account.accountId))
            #expect(try admin.send("GET", "/v1/status").status == 200, "logins outlast a restart")
            for text in [
                sluice.operatorLog, sluice.process.output, second.operatorLog,
                second.process.output,
            ] {
                for secret in [first, Self.password, admin.opened.token] {
                    #expect(!text.contains(secret))
                }
            }
        }

        @Test("On the gateway's machine a password is reset, whether the gateway runs or not")
        func reset() throws {
            let site = try AccountSite()
            let (first, _) = try site.firstStart()
            let online = try site.command("reset-password", "admin", "--quiet")
            #expect(!FileManager.default.fileExists(atPath: site.passwordFile))
            let admin = try SignedIn(first, "admin", online)
            #expect(admin.opened.mustDo == "changePassword")
            #expect(try first.terminate() == 0)

            let offline = try site.command("reset-password", "ADMIN", "--quiet")
            #expect(offline != online)
            let factor = try site.command("reset-second-factor", "admin")
            #expect(factor.hasSuffix("has no second factor"), "\(factor)")
            let created = try site.command("create", "anna", "--role", "read", "--quiet")
            let second = try site.start()
            let ended = try admin.send("GET", "/v1/me")
            #expect(try ended.status == 401 && ended.code == "Unauthorized.LoginRequired")
            #expect(try SignedIn(second, "admin", offline).opened.mustDo == "changePassword")
            #expect(try SignedIn(second, "anna", created).opened.mustDo == "changePassword")
            let audit = try second.command("audit", "list", "--action", "account.password.set")
            #expect(audit.output.contains("account.password.set"), "\(audit)")
        }

        @Test("A store made by an account gets no admin, and no account without a store is reset")
        func before() throws {
            let site = try AccountSite()
            #expect(throws: HarnessError.self) { try site.command("reset-password", "admin") }
            #expect(!FileManager.default.fileExists(atPath: site.store.path))
            let password = try site.command("create", "anna", "--role", "administer", "--quiet")
            let sluice = try site.store.start()
            _ = try SignedIn(sluice, "anna", password)
            #expect(try sluice.get("/v1/accounts").body.contains(#""total":1"#))
            #expect(!FileManager.default.fileExists(atPath: site.passwordFile))
        }

        @Test("A login that is ended is refused from the next request on, and its streams end")
        func revocation() throws {
            let site = try AccountSite()
            let (sluice, _) = try site.firstStart()
            let password = try site.command("reset-password", "admin", "--quiet")
            let admin = try SignedIn(sluice, "admin", password)
            let body = ["currentPassword": password, "newPassword": Self.password]
            #expect(try admin.send("POST", "/v1/me/password", body).status == 200)
            let stream = try ChildProcess(
                "curl",
                [
                    "--silent", "--no-buffer", "--noproxy", "*", "--header", admin.fields[0],
                    "http://\(sluice.management)/v1/events?types=status",
                ],
                folder: try TemporaryFolder()
            )
            try wait(for: "the first event") { stream.output.contains("event: status") }
            #expect(try sluice.command("account", "end-logins", "admin").status == 0)
            let refused = try admin.send("GET", "/v1/me")
            #expect(try refused.status == 401 && refused.code == "Unauthorized.LoginRequired")
            _ = try stream.waitUntilExit()
            #expect(stream.output.contains("event: end"), "\(stream.output)")
        }

        @Test("A restored backup revives no login")
        func restore() throws {
            let site = try AccountSite()
            let (sluice, first) = try site.firstStart()
            let admin = try SignedIn(sluice, "admin", first)
            #expect(try admin.send("GET", "/v1/me").status == 200)
            let backup = "\(site.store.folder.path)/backup.db"
            #expect(try sluice.command("backup", backup).status == 0)
            #expect(try sluice.terminate() == 0)
            let restored = try runProgram(
                Programs.sluice(),
                ["restore", backup, "--yes", "--config", site.configuration]
            )
            #expect(restored.status == 0, "\(restored)")
            let next = try site.start()
            let ended = try admin.send("GET", "/v1/me")
            #expect(try ended.status == 401 && ended.code == "Unauthorized.LoginRequired")
            _ = try SignedIn(next, "admin", first)
        }

        @Test("While somebody guesses 200 times a second, the owner gets in from elsewhere")
        func attack() throws {
            let site = try AccountSite()
            let (sluice, first) = try site.firstStart()
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
                .appendingPathComponent("Benchmarks/accounts/logins.py").path
            let password = try site.store.folder.write(first, to: "password")
            let result = try runProgram(
                "python3",
                [
                    script, "attack", "\(sluice.management)", "admin", "--password-file", password,
                    "--pid", "\(sluice.process.identifier)", "--seconds", "6",
                ],
                within: .seconds(120)
            )
            struct Figures: Decodable {
                var attempts: Int
                var seconds: Double
                var statuses: [String: Int]
                var ownerStatus: Int
                var healthStatus: Int
                var gatewayPeakMebibytes: Double
            }
            let figures = try JSONDecoder().decode(Figures.self, from: Data(result.output.utf8))
            #expect(figures.ownerStatus == 200 && figures.healthStatus == 200, "\(result)")
            // Ten at once, and one more every six seconds; fewer if hashing them takes longer.
            let limit = 11 + Int(figures.seconds / 6)
            #expect((1...limit).contains(figures.statuses["401"] ?? 0), "\(result)")
            #expect((figures.statuses["429"] ?? 0) > 0 && figures.attempts > limit, "\(result)")
            #expect(figures.gatewayPeakMebibytes < 400, "\(result)")
            #expect(!sluice.operatorLog.contains("wrong "))
        }
    }
}
