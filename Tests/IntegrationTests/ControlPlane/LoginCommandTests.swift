import Foundation
import FreePorts
import Testing

extension IntegrationTests {
    /// `sluice login` and what follows, as a person types it.
    @Suite("Signing in on a terminal")
    struct LoginCommandTests {
        private static let password = "correct horse ä battery"
        private let site: StoreSite
        private let sluice: SluiceProcess
        /// The person's home.
        private let home: TemporaryFolder

        init() throws {
            var site = try StoreSite(whitelist: nil)
            site.file.logLevel = "trace"
            self.site = site
            sluice = try site.start()
            home = try TemporaryFolder()
        }

        private var environment: [String: String] {
            ["HOME": home.path, "XDG_CONFIG_HOME": "", "SLUICE_API_KEY": ""]
        }

        private var contextFile: String { "\(home.path)/.config/sluice/contexts.json" }
        private var management: [String] { ["--management", sluice.management.description] }

        private func run(
            _ line: String,
            _ steps: TerminalDialogue.Step...,
            exit code: Int32 = 0,
            says words: String...,
            location: SourceLocation = #_sourceLocation
        ) throws -> String {
            let result = try TerminalDialogue.run(
                line.split(separator: " ").map(String.init),
                steps,
                environment: environment
            )
            #expect(result.status == code, "\(line): \(result)", sourceLocation: location)
            for words in words {
                #expect(
                    result.output.contains(words),
                    "\(line): \(result)",
                    sourceLocation: location
                )
            }
            return result.output
        }

        private func logIn(_ steps: TerminalDialogue.Step...) throws -> String {
            let result = try TerminalDialogue.run(
                ["login"] + management,
                [.init("Name: ", "anna"), .init("Password: ", Self.password)] + steps,
                environment: environment
            )
            guard result.status == 0 else { throw HarnessError("\(result)") }
            return result.output
        }

        private func token() throws -> String {
            let text = try String(contentsOfFile: contextFile, encoding: .utf8)
            guard let match = text.firstMatch(of: /ss-[A-Za-z0-9]{43}/) else {
                throw HarnessError("no token in \(contextFile)")
            }
            return String(match.output)
        }

        @Test("A person signs in, sets password and codes, and signs out; no log has any of it")
        func whole() throws {
            let creation = ["account", "create", "anna", "--role", "administer", "--quiet"]
            let created = try runProgram(Programs.sluice(), creation + management)
            let first = created.output.trimmingCharacters(in: .newlines)
            let host = sluice.management.host
            let welcome = try TerminalDialogue.run(
                ["login"] + management,
                [.init("Name: ", "anna"), .init("Password: ", first)],
                environment: environment
            )
            #expect(welcome.status == 0, "\(welcome)")
            #expect(welcome.output.contains("as anna (administer); context \(host)"))
            #expect(welcome.output.contains("change it first (sluice account password)"))
            let mode = try FileManager.default.attributesOfItem(atPath: contextFile)
            #expect(mode[.posixPermissions] as? Int == 0o600)
            var secrets = [first, try token()]

            _ = try run("status", exit: 77, says: "change it first")
            _ = try run("whoami", says: "administer", "sluice account password")
            let changed = try run(
                "account password",
                .init("Current password: ", first),
                // Rules are told before it is typed twice, and it can be typed again.
                .init("New password: ", "short"),
                .init("the new password has fewer than 12 characters\r\nNew password: ", first),
                // Corrected with the erase key.
                .init(
                    "the new password is the current one\r\nNew password: ",
                    Self.password + "ü\u{7f}"
                ),
                .init("Repeat the new password: ", Self.password),
                says: "changed your password"
            )
            _ = try run("status", says: "running since")

            let set = try run(
                "account second-factor set",
                .init("Password: ", Self.password),
                .code(),
                says: "otpauth://totp/Sluice:anna",
                "recovery codes"
            )
            let groups = try #require(set.firstMatch(of: /secret  ([A-Z2-7 ]+)/)).1
            let secret = String(groups.filter { $0 != " " })
            let codes = set.matches(of: /\b[a-z2-9]{4}(-[a-z2-9]{4}){3}\b/).map {
                String($0.output.0)
            }
            #expect(codes.count == 10)
            _ = try run("logout", says: "signed out")
            #expect(throws: HarnessError.self) { try token() }
            _ = try run("logout", exit: 1, says: "has no login")

            // The code of this period was used already; a wrong one can be typed again.
            let again = try logIn(.init("One-time code: ", "x"), .code(of: secret, offset: 1))
            #expect(again.contains("the code is wrong, or was used already"))
            secrets.append(try token())
            let recovered = try logIn(.init("One-time code: ", codes[0]))
            #expect(recovered.contains("9 recovery codes left"))
            secrets.append(try token())
            _ = try run("whoami", says: "anna (", "set, 9 recovery codes left", "login ")
            _ = try run("whoami --json", says: #""recoveryCodesLeft": 9"#, #""kind": "account""#)
            // Named by its address, the gateway is used with the login, too.
            _ = try run("account logins --own \(management.joined(separator: " "))", says: "anna")
            _ = try run(
                "account reset-password anna",
                exit: 1,
                says: "this is your own account"
            )
            #expect(secrets[2] != secrets[3])
            let logins = try run("account logins --own --json", says: #""total": 1"#)
            for shown in [welcome.output, changed, again, recovered, logins] {
                #expect(!shown.contains(Self.password) && !shown.contains(first))
            }
            _ = try run(
                "account second-factor remove",
                .init("Password: ", Self.password),
                says: "removed"
            )

            #expect(
                try sluice.command("account", "end-logins", "ana").errorOutput.contains("anna?")
            )
            let reset = try sluice.command("account", "reset-second-factor", "anna")
            #expect(reset.output.contains("has no second factor"), "\(reset)")
            #expect(try sluice.command("account", "end-logins", "anna").status == 0)
            _ = try run("status", exit: 77, says: "sign in again: sluice login")
            let audit = try sluice.command("audit", "export").output
            #expect(audit.contains("account.secondFactor.set"))
            secrets += [Self.password, secret] + codes
            for text in [sluice.operatorLog, sluice.process.output, audit] {
                for secret in secrets { #expect(!text.contains(secret)) }
            }
        }

        @Test("A context is removed with its login; a login is named by its id")
        func removal() throws {
            let creation = ["account", "create", "anna", "--role", "administer", "--quiet"]
            let created = try runProgram(Programs.sluice(), creation + management)
            let first = created.output.trimmingCharacters(in: .newlines)
            let logIn = {
                try TerminalDialogue.run(
                    ["login"] + management,
                    [.init("Name: ", "anna"), .init("Password: ", first)],
                    environment: environment
                )
            }
            #expect(try logIn().status == 0)
            let logins = { try sluice.command("account", "logins", "--json").output }
            let id = try #require(try logins().firstMatch(of: /"loginId": "([a-z0-9]+)"/)).1
            let unknown = try sluice.command("account", "end-logins", "x\(id)")
            #expect(
                unknown.status == 1 && unknown.errorOutput.contains("nor a login"),
                "\(unknown)"
            )
            _ = try run("context remove \(sluice.management.host)", says: "removed context")
            #expect(try logins().contains(#""total": 0"#))
            #expect(try logIn().status == 0)
            let other = try #require(try logins().firstMatch(of: /"loginId": "([a-z0-9]+)"/)).1
            let ended = try sluice.command("account", "end-logins", String(other))
            #expect(ended.output == "ended login \(other) of account anna\n", "\(ended)")
            // It has ended already: there is nothing to warn about.
            let removed = try run("context remove \(sluice.management.host)")
            #expect(!removed.contains("could not be ended"), "\(removed)")
        }

        @Test("Nobody is asked for a password before the gateway answers")
        func unreachable() throws {
            let port = try Ports.free()
            let result = try TerminalDialogue.run(
                ["login", "--management", "127.0.0.1:\(port)"],
                [],
                environment: environment
            )
            #expect(result.status == 69 && !result.output.contains("Name: "), "\(result)")
        }

        @Test("A wrong password is refused with 77; without a terminal, standard input is needed")
        func refusals() throws {
            let wrong = try TerminalDialogue.run(
                ["login", "--name", "anna"] + management,
                [.init("Password: ", "not the password")],
                environment: environment
            )
            #expect(wrong.status == 77 && wrong.output.contains("wrong name, password or code"))
            #expect(!FileManager.default.fileExists(atPath: contextFile))
            let interrupted = try TerminalDialogue.run(
                ["login", "--name", "anna"] + management,
                [.init("Password: ", "half\u{3}")],
                environment: environment
            )
            #expect(interrupted.status == 64, "\(interrupted)")
            let detached = try runProgram(
                "setsid",
                ["--wait", try Programs.sluice(), "login", "--name", "anna"] + management,
                environment: environment
            )
            #expect(detached.status == 64 && detached.errorOutput.contains("--password-stdin"))
        }
    }
}
