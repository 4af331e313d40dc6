import ArgumentParser
import Control
import FoundationEssentials
import Text

/// Where one signs in and out.
struct LoginOptions: ParsableArguments {
    @Option(
        help: "The gateway's management address.",
        completion: .list([ManagementAddress.standard.text]),
        transform: GatewayOptions.address
    )
    var management: ManagementAddress?

    @Option(
        help: ArgumentHelp("A gateway by name; see sluice context.", valueName: "name"),
        completion: .contexts
    )
    var context: String?

    @Option(
        help: ArgumentHelp(
            "Authorities that may have issued the gateway's certificate, in PEM format; or"
                + " SLUICE_CA. (default: the context's, or the system's)",
            valueName: "file"
        ),
        completion: .file()
    )
    var ca: String?

    func validate() throws {
        if management != nil, context != nil {
            throw ValidationError("--management and --context cannot be combined")
        }
    }

    func place() throws -> LoginPlace {
        try LoginPlace(context: context, management: management, ca: ca)
    }
}

extension LoginPlace {
    /// What the options of a command name.
    fileprivate init(context: String?, management: ManagementAddress?, ca: String?) throws {
        try self.init(
            context: context,
            management: management,
            authorities: ca.map(ContextCommand.absolute),
            environment: ProcessInfo.processInfo.environment,
            among: try ContextCommand.file.read()
        )
    }
}

/// How one can sign in at a gateway.
struct SignInWays: Decodable, Sendable {
    struct Provider: Decodable, Sendable {
        var name: String

        var advice: String {
            "people who sign in by \(LogText.harmless(name)) do so in a browser; on the command line,"
                + " they use a key (sluice key create)"
        }
    }

    var password: Bool
    var singleSignOn: Provider?

    /// - Returns: `nil` if the gateway does not say.
    static func ask(_ client: ManagementClient) async throws -> SignInWays? {
        let ways: SignInWays
        do throws(ManagementClientError) {
            ways = try await client.get("v1/sign-in").value
        } catch {
            guard error.refusal?.status == 404 else { throw error }
            return nil
        }
        guard ways.password else {
            throw CommandFailure(
                "nobody can sign in: the gateway has no accounts, which need a store (state: sluice.db)"
            )
        }
        return ways
    }
}

/// `sluice login`: signs a person in to a gateway.
struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Sign in to a gateway with your account.",
        discussion: """
            Asks for name and password, and for a one-time code if the account has a second factor. \
            The login is stored with the gateway's context in ~/.config/sluice/contexts.json, which \
            only you can read (a gateway without one gets one); the password is not. Commands then act as you, until the login ends \
            or sluice logout.

            A certificate of the gateway that nobody vouches for is shown first, and pinned if you \
            agree.

            With --password-stdin, the first line of standard input is the password, and the second \
            one a one-time code or a recovery code, if it is needed.
            """
    )

    @Option(help: "Your account's name.")
    var name: String?

    @OptionGroup var options: LoginOptions
    @OptionGroup var pin: PinOptions

    @Flag(help: "Read the password from standard input.")
    var passwordStdin = false

    func validate() throws {
        if pin.fingerprint != nil, options.ca != nil {
            throw ValidationError("--fingerprint and --ca cannot be combined")
        }
        if passwordStdin, name == nil {
            throw ValidationError("--password-stdin needs --name")
        }
    }

    func run() async throws {
        let place = try await agreedPlace()
        let questions = Questions(usesInput: passwordStdin)
        let gateway = GatewaySession { place.target(token: nil) }
        try await gateway.run { client in
            // Whoever cannot sign in here learns it before typing.
            let ways = try await SignInWays.ask(client)
            let name = try self.name ?? questions.ask("Name: ")
            let password = try questions.ask("Password: ", isHidden: true)
            let opened: OpenedLogin
            do {
                opened = try await signIn(client, name, password, questions)
            } catch let error as ManagementClientError
                where error.refusal?.code == "Unauthorized.LoginRefused"
            {
                if let provider = ways?.singleSignOn {
                    StandardError.print("sluice: \(provider.advice)")
                }
                throw error
            }
            let login = GatewayLogin(
                account: opened.account.name,
                token: opened.token,
                id: opened.login?.loginId
            )
            do {
                try ContextCommand.edit { contexts throws(CommandFailure) in
                    try contexts.setLogin(login, of: place.context)
                    return nil
                }
            } catch {
                // A login that nobody has the token of is of no use. One that cannot be ended now
                // ends by itself.
                _ = await place.end(login)
                throw error
            }
            // The one before is of no use either.
            if let earlier = place.context.login { _ = await place.end(earlier) }
            report(opened, place)
        }
    }

    /// Where to sign in. A certificate that nobody vouches for is agreed to before a password is
    /// typed.
    private func agreedPlace() async throws -> LoginPlace {
        let place = try CommandFailure.reported { try options.place() }
        return try await GatewaySession { place.target(token: nil) }.run { _ in
            guard place.address.usesTLS else {
                guard pin.fingerprint == nil, options.ca == nil else {
                    throw CommandFailure(
                        "only a gateway with TLS has a certificate (write --management"
                            + " https://HOST:PORT)",
                        code: GatewayExit.usage
                    )
                }
                return place
            }
            guard pin.fingerprint != nil || place.trust == nil,
                let agreed = try await pin.agreed(for: place.address, mayAsk: !passwordStdin)
            else { return place }
            var pinned = place
            pinned.pin(agreed)
            return pinned
        }
    }

    private func signIn(
        _ client: ManagementClient,
        _ name: String,
        _ password: String,
        _ questions: Questions
    ) async throws -> OpenedLogin {
        var body: [String: JSONValue] = [
            "name": .string(name), "password": .string(password), "client": "commandLine",
        ]
        do {
            return try await Self.send(body, client)
        } catch let error as ManagementClientError
            where error.refusal?.code == "Unauthorized.CodeRequired"
        {
            // The password was right.
        }
        var left = questions.usesInput ? 1 : Self.codeAttempts
        while true {
            left -= 1
            let code = try questions.ask("One-time code: ")
            body["code"] = .string(code)
            do {
                var opened = try await Self.send(body, client)
                // One-time codes are digits.
                opened.usedRecoveryCode = code.contains { $0.isLetter }
                return opened
            } catch let error as ManagementClientError
                where error.refusal?.code == "Unauthorized.LoginRefused" && left > 0
            {
                StandardError.print(
                    "sluice: the code is wrong, or was used already (each works once; type the next"
                        + " one)"
                )
            }
        }
    }

    /// How often a person may mistype a code.
    private static let codeAttempts = 3

    private static func send(
        _ body: [String: JSONValue],
        _ client: ManagementClient
    ) async throws -> OpenedLogin {
        let answer: ManagementClient.Answer<OpenedLogin> = try await client.send(
            ManagementRequest(.post, "v1/login", body: .object(body))
        )
        return answer.value
    }

    private func report(_ opened: OpenedLogin, _ place: LoginPlace) {
        StandardOutput.print(
            "signed in to \(place.address.text) as \(opened.account.name)"
                + " (\(opened.account.role)); context \(place.context.name)"
        )
        // `try?`: it was written a moment ago.
        let current = (try? ContextCommand.file.read())?.current
        if let note = opened.recoveryNote { StandardError.print("sluice: \(note)") }
        let other = current == place.context.name ? nil : place.context.name
        if let duty = opened.duty(context: other) { StandardError.print("sluice: \(duty)") }
        if current != place.context.name {
            StandardError.print(
                "sluice: commands use context \(current ?? "none"); to change that: sluice context"
                    + " use \(place.context.name.shellQuoted)"
            )
        }
    }
}

/// `sluice logout`: ends the login that a context has.
struct LogoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "End your login at a gateway."
    )

    @OptionGroup var options: LoginOptions

    func run() async throws {
        let place = try CommandFailure.reported { () throws -> LoginPlace in
            let place = try options.place()
            guard place.context.login != nil else {
                throw CommandFailure("context \(place.context.name) has no login")
            }
            return place
        }
        let gateway = GatewaySession { place.target }
        try await gateway.run { client in
            do {
                let _: ManagementClient.Answer<JSONValue> = try await client.send(
                    ManagementRequest(.post, "v1/logout")
                )
            } catch let error as ManagementClientError
                where error.refusal?.needsLogin == true
            {
                // It had ended already.
            }
            try ContextCommand.edit { contexts throws(CommandFailure) in
                try contexts.setLogin(nil, of: place.context)
                return nil
            }
            StandardOutput.print("signed out of \(place.address.text)")
        }
    }
}

/// The answer to a login.
struct OpenedLogin: Decodable, Sendable {
    var account: AccountView
    var token: String
    var login: LoginView?
    var mustDo: String?
    /// Instead of a one-time code.
    var usedRecoveryCode: Bool?

    /// How many recovery codes are left, after one was used.
    var recoveryNote: String? {
        guard usedRecoveryCode == true, let left = account.recoveryCodesLeft else { return nil }
        return "\(left.of("recovery code")) left (to replace them: sluice account second-factor"
            + " recovery-codes)"
    }

    /// What has to be done before anything else, and how.
    ///
    /// - Parameter context: that of the login, unless it is the current one.
    func duty(context: String?) -> String? {
        let option = context.map { " --context \($0.shellQuoted)" } ?? ""
        return switch mustDo {
        case nil: nil
        case "changePassword":
            "your password was set for you: change it first (sluice account password\(option))"
        case "setUpSecondFactor":
            "this gateway requires one-time codes: set them up first (sluice account second-factor"
                + " set\(option))"
        case let other?: "to be done first: \(other)"
        }
    }
}
