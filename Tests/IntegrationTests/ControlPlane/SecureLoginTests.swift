import Foundation
import Testing

extension IntegrationTests {
    /// Browsers and `sluice login` at a management address with TLS, or behind a proxy with TLS.
    @Suite("Signing in over TLS")
    struct SecureLoginTests {
        private typealias Site = ManagementTLSTests.Site

        /// Starts a gateway, and makes an account.
        ///
        /// - Returns: the process, and the password.
        private static func start(_ site: Site) throws -> (SluiceProcess, password: String) {
            let sluice = try site.start()
            let result = try site.command(
                "account",
                "create",
                "anna",
                "--role",
                "administer",
                "--quiet",
                "--socket",
                sluice.socketPath
            )
            guard result.status == 0 else { throw HarnessError("\(result)") }
            return (sluice, result.output.trimmingCharacters(in: .whitespacesAndNewlines))
        }

        /// What curl has got, with the status in its last line.
        private static func curl(_ url: String, _ arguments: [String]) throws -> CommandResult {
            try runProgram(
                "curl",
                [
                    "--silent", "--show-error", "--noproxy", "*", "--max-time", "40", "--insecure",
                    "--write-out", "\n%{http_code}", url,
                ] + arguments
            )
        }

        private static func login(
            at url: String,
            _ password: String,
            _ arguments: String...
        ) throws -> CommandResult {
            let body = #"{"name": "anna", "password": "\#(password)"}"#
            return try curl(
                url + "/v1/login",
                ["--include", "-H", "Content-Type: application/json", "--data", body] + arguments
            )
        }

        /// The fields `Set-Cookie` of an answer.
        private static func cookies(of answer: CommandResult) -> [String] {
            answer.output.split(whereSeparator: \.isNewline).filter {
                $0.lowercased().hasPrefix("set-cookie: ")
            }.map { String($0.dropFirst("set-cookie: ".count)) }
        }

        // MARK: Browsers

        @Test(
            "A browser's cookie is bound to the host and to HTTPS, and one with a plain name is not"
        )
        func browser() throws {
            let site = try Site()
            let (sluice, password) = try Self.start(site)
            let url = "https://\(site.management)"
            let jar = "\(site.folder.path)/cookies"
            let answer = try Self.login(
                at: url,
                password,
                "--cookie-jar",
                jar,
                "-H",
                "Origin: \(url)"
            )
            #expect(answer.output.hasSuffix("\n200"), "\(answer)")
            let cookies = Self.cookies(of: answer)
            #expect(cookies.count == 1)
            let parts = (cookies.first ?? "").split(separator: ";").map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            #expect(Set(parts.dropFirst()) == ["Path=/", "HttpOnly", "SameSite=Strict", "Secure"])
            let pair = try #require(parts.first)
            #expect(pair.hasPrefix("__Host-sluice=ss-"))
            func me(_ arguments: String...) throws -> CommandResult {
                try Self.curl(url + "/v1/me", arguments)
            }
            let known = try me("--cookie", jar)
            #expect(
                known.output.hasSuffix("\n200") && known.output.contains(#""anna""#),
                "\(known)"
            )
            let token = pair.dropFirst("__Host-sluice=".count)
            for cookie in [
                "sluice=\(token)", "__Secure-sluice=\(token)", "__host-sluice=\(token)",
                "\(pair); \(pair)",
            ] {
                let refused = try me("-H", "Cookie: \(cookie)")
                #expect(refused.output.hasSuffix("\n401"), "\(cookie): \(refused)")
            }
            let both = try me("-H", "Cookie: sluice=ss-other; \(pair)")
            #expect(both.output.hasSuffix("\n200"), "\(both)")
            let out = try Self.curl(
                url + "/v1/logout",
                ["--include", "--cookie", jar, "--request", "POST", "-H", "Origin: \(url)"]
            )
            #expect(out.output.hasSuffix("\n200"), "\(out)")
            let removal = Self.cookies(of: out).first ?? ""
            #expect(removal.hasPrefix("__Host-sluice=;") && removal.contains("; Secure"))
            #expect(try me("--cookie", jar).output.hasSuffix("\n401"))
            _ = sluice
        }

        @Test(
            "management.url names a host that requests may use, and its scheme decides the cookie",
            arguments: [("https://Gateway.test", true), ("http://localhost:8088", false)]
        )
        func url(url: String, isSecure: Bool) throws {
            var site = try Site()
            site.file.managementKeys = ["url: \"\(url)\"", "names: [ other.test ]"]
            let (sluice, password) = try Self.start(site)
            let base = "http://\(site.management)"
            for (host, status) in [
                ("gateway.test", isSecure ? 200 : 403), ("GATEWAY.TEST:443", isSecure ? 200 : 403),
                ("other.test", 200), ("localhost:8088", 200), ("x.gateway.test", 403),
                ("gateway.test.evil", 403),
            ] {
                let answer = try Self.curl(base + "/v1/sign-in", ["-H", "Host: \(host)"])
                #expect(answer.output.hasSuffix("\n\(status)"), "\(host): \(answer)")
            }
            // As a proxy passes it on that ends TLS.
            let host = isSecure ? "gateway.test" : "localhost:8088"
            let fields = ["-H", "Host: \(host)", "-H", "Origin: \(url.lowercased())"]
            let body = #"{"name": "anna", "password": "\#(password)"}"#
            let answer = try Self.curl(
                base + "/v1/login",
                ["--include", "-H", "Content-Type: application/json", "--data", body] + fields
            )
            let cookie = try #require(Self.cookies(of: answer).first, "\(answer)")
            #expect(cookie.hasPrefix(isSecure ? "__Host-sluice=ss-" : "sluice=ss-"))
            #expect(cookie.contains("; Secure") == isSecure)
            let pair = String(cookie.prefix { $0 != ";" })
            let me = try Self.curl(base + "/v1/me", ["-H", "Cookie: \(pair)"] + fields)
            #expect(me.output.hasSuffix("\n200"), "\(me)")
            // The same token by the other name.
            let token = pair.drop { $0 != "=" }
            let other = (isSecure ? "sluice" : "__Host-sluice") + token
            let refused = try Self.curl(base + "/v1/me", ["-H", "Cookie: \(other)"])
            #expect(refused.output.hasSuffix("\n401"), "\(refused)")
            _ = sluice
        }

        // MARK: The command line

        /// What a person types at `sluice login` and the like.
        private struct Person {
            let home: TemporaryFolder
            let password: String

            var environment: [String: String] {
                ["HOME": home.path, "XDG_CONFIG_HOME": "", "SLUICE_API_KEY": "", "SLUICE_CA": ""]
            }

            var contexts: String {
                // `try?`: without a file there are none.
                let path = "\(home.path)/.config/sluice/contexts.json"
                return (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            }

            func type(
                _ arguments: [String],
                _ steps: TerminalDialogue.Step...
            ) throws -> CommandResult {
                try TerminalDialogue.run(arguments, steps, environment: environment)
            }

            /// Without a terminal, with the password on standard input.
            func logIn(
                at gateway: String,
                _ arguments: String...,
                environment: [String: String] = [:]
            ) throws -> CommandResult {
                try runProgram(
                    "sh",
                    [
                        "-c", #"printf '%s\n' "$0" | exec "$@""#, password, try Programs.sluice(),
                        "login", "--management", gateway, "--name", "anna", "--password-stdin",
                    ] + arguments,
                    environment: self.environment.merging(environment) { $1 }
                )
            }

            func run(_ arguments: String...) throws -> CommandResult {
                try runProgram(Programs.sluice(), arguments, environment: environment)
            }
        }

        private static let question = "Pin this certificate? [y/N] "

        @Test("sluice login asks about an unknown certificate before the password, and pins it")
        func unknownCertificate() throws {
            let site = try Site()
            let (sluice, password) = try Self.start(site)
            let gateway = "https://\(site.management)"
            let fingerprint = try ManagementTLSTests.fingerprint(of: site.ownCertificate)
            let person = Person(home: try TemporaryFolder(), password: password)
            let login = ["login", "--management", gateway]
            for answer in ["n", "", "nonsense"] {
                let refused = try person.type(login, .init(Self.question, answer))
                #expect(refused.status == 5 && refused.output.contains(fingerprint), "\(refused)")
                #expect(!refused.output.contains("Name:") && person.contexts.isEmpty)
            }
            let detached = try person.logIn(at: gateway)
            #expect(detached.status == 5 && person.contexts.isEmpty, "\(detached)")
            #expect(detached.errorOutput.contains("--fingerprint \(fingerprint)"))

            let agreed = try person.type(
                login,
                .init(Self.question, "y"),
                .init("Name: ", "anna"),
                .init("Password: ", password)
            )
            #expect(agreed.status == 0, "\(agreed)")
            #expect(agreed.output.contains("as anna (administer); context 127.0.0.1"))
            #expect(person.contexts.contains(fingerprint))
            // From now on it is not asked again.
            #expect(try person.run("status").status == 77)
            let again = try person.logIn(at: gateway)
            #expect(again.status == 0, "\(again)")
            #expect(try person.run("logout").status == 0)
            #expect(person.contexts.contains(fingerprint))
            _ = sluice
        }

        @Test("sluice login with a fingerprint or an authority keeps it for the commands after it")
        func named() throws {
            let site = try Site()
            let (sluice, password) = try Self.start(site)
            let gateway = "https://\(site.management)"
            let fingerprint = try ManagementTLSTests.fingerprint(of: site.ownCertificate)
            try site.makePair("other")
            let other = "\(site.folder.path)/other.pem"
            let otherFingerprint = try ManagementTLSTests.fingerprint(of: other)

            for (option, right, wrong) in [
                ("--fingerprint", fingerprint, otherFingerprint),
                ("--ca", site.ownCertificate, other),
            ] {
                let person = Person(home: try TemporaryFolder(), password: password)
                let refused = try person.logIn(at: gateway, option, wrong)
                #expect(refused.status == 69 && person.contexts.isEmpty, "\(option): \(refused)")
                let accepted = try person.logIn(at: gateway, option, right)
                #expect(accepted.status == 0, "\(option): \(accepted)")
                #expect(person.contexts.contains(right))
                // The gateway is reached: it wants the password to be changed.
                let status = try person.run("status")
                #expect(status.status == 77, "\(option): \(status)")
                #expect(try person.run("logout").status == 0)
            }
            let person = Person(home: try TemporaryFolder(), password: password)
            let variable = ["SLUICE_CA": site.ownCertificate]
            let accepted = try person.logIn(at: gateway, environment: variable)
            #expect(accepted.status == 0 && !person.contexts.contains(site.ownCertificate))
            let both = try person.logIn(at: gateway, "--ca", other, "--fingerprint", fingerprint)
            #expect(both.status == 64, "\(both)")
            _ = sluice
        }

        @Test("A context's pin counts for sluice login: another certificate gets no password")
        func pinnedContext() throws {
            let site = try Site()
            let (sluice, password) = try Self.start(site)
            let gateway = "https://\(site.management)"
            let fingerprint = try ManagementTLSTests.fingerprint(of: site.ownCertificate)
            let wrong = "SHA256:" + Array(repeating: "AB", count: 32).joined(separator: ":")
            let person = Person(home: try TemporaryFolder(), password: password)
            let add = ["context", "add", "gw", "--management", gateway, "--fingerprint", wrong]
            #expect(try person.type(add).status == 0)
            let refused = try person.logIn(at: gateway)
            #expect(refused.status == 69, "\(refused)")
            #expect(
                refused.errorOutput.contains(wrong) && refused.errorOutput.contains(fingerprint)
            )
            #expect(!sluice.operatorLog.contains("refused"))
            let trust = ["context", "trust", "gw"]
            let no = try person.type(trust, .init(Self.question, "n"))
            #expect(no.status == 5 && person.contexts.contains(wrong), "\(no)")
            let yes = try person.type(trust, .init(Self.question, "yes"))
            #expect(yes.status == 0 && person.contexts.contains(fingerprint), "\(yes)")
            let accepted = try person.logIn(at: gateway)
            #expect(accepted.status == 0 && accepted.output.contains("context gw"), "\(accepted)")
        }

        @Test("sluice context add asks on a terminal, and adds nothing unless the answer is yes")
        func contextAddition() throws {
            let site = try Site()
            let (sluice, password) = try Self.start(site)
            let fingerprint = try ManagementTLSTests.fingerprint(of: site.ownCertificate)
            let person = Person(home: try TemporaryFolder(), password: password)
            let add = [
                "context", "add", "gw", "--management", "https://\(site.management)", "--key",
                "sk-x",
            ]
            for answer in ["n", "N", "", "no", "yess", "\u{4}"] {
                let refused = try person.type(add, .init(Self.question, answer))
                #expect(refused.status == 5, "\(answer): \(refused)")
                #expect(refused.output.contains(fingerprint))
                #expect(refused.output.contains("nothing was changed") && person.contexts.isEmpty)
            }
            for (index, answer) in ["y", "Y", "yes"].enumerated() {
                var arguments = add
                arguments[2] = "gw\(index)"
                let added = try person.type(arguments, .init(Self.question, answer))
                #expect(added.status == 0, "\(answer): \(added)")
                #expect(person.contexts.contains("gw\(index)"))
            }
            #expect(person.contexts.contains(fingerprint))
            // Standard input has the key, and so no answer.
            var fromInput = add
            fromInput[fromInput.count - 1] = "-"
            let key = try person.type(fromInput, .init("", "sk-y\n\u{4}"))
            #expect(key.status == 5 && !key.output.contains(Self.question), "\(key)")
            _ = sluice
        }
    }
}
