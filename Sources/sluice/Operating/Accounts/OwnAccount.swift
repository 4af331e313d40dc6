import ArgumentParser
import Control
import Text

/// How a command about one's own account asks for the password.
struct OwnAccountOptions: ParsableArguments {
    @Flag(help: "Read the answers from standard input, one line each.")
    var passwordStdin = false

    @OptionGroup var management: ManagementOptions

    var questions: Questions { Questions(usesInput: passwordStdin) }

    /// Asks for the current password, as the gateway does before it changes an account.
    func proof() throws(CommandFailure) -> JSONValue {
        ["currentPassword": .string(try questions.ask("Password: ", isHidden: true))]
    }
}

extension AccountCommand {
    struct OwnPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "password",
            abstract: "Change your own password; your other logins end.",
            discussion: """
                A password has at least 12 characters. With --password-stdin, the first line of \
                standard input is the current password and the second one the new one.
                """
        )

        @OptionGroup var options: OwnAccountOptions

        func run() async throws {
            let gateway = options.management.gateway
            try await gateway.run { client in
                let questions = options.questions
                // Whoever is not signed in learns it before typing.
                let account: ManagementClient.Answer<AccountView> =
                    try await client.get("v1/me/account")
                let current = try questions.ask("Current password: ", isHidden: true)
                let new = try questions.askNewPassword(
                    of: account.value.name,
                    replacing: current
                )
                let answer: ManagementClient.Answer<AccountView> = try await client.send(
                    ManagementRequest(
                        .post,
                        "v1/me/password",
                        body: ["currentPassword": .string(current), "newPassword": .string(new)]
                    )
                )
                gateway.print(answer) { _ in
                    "changed your password; your other logins have ended\n"
                }
            }
        }
    }

    struct SecondFactor: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "second-factor",
            abstract: "Set up or remove one-time codes for your own account.",
            subcommands: [SetUp.self, Remove.self, RecoveryCodes.self]
        )
    }
}

extension AccountCommand.SecondFactor {
    struct SetUp: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Set up one-time codes of an authenticator app, and show recovery codes.",
            discussion: """
                Asks for your password, shows a secret to type into the app, and asks for a code of \
                it. From then on, a login also needs a code. A recovery code takes its place if you \
                have lost the app; each works once.
                """
        )

        @OptionGroup var options: OwnAccountOptions

        private static let attempts = 3

        func run() async throws {
            let gateway = options.management.gateway
            try await gateway.run { client in
                let account: ManagementClient.Answer<AccountView> =
                    try await client.get("v1/me/account")
                if account.value.secondFactor == true {
                    throw CommandFailure(
                        "a second factor is set up already (to replace it, remove it first: sluice"
                            + " account second-factor remove)"
                    )
                }
                let offer: ManagementClient.Answer<Offer> = try await client.send(
                    ManagementRequest(.post, "v1/me/second-factor", body: try options.proof())
                )
                gateway.print(offer, as: \.text)
                let codes = try await confirm(client)
                StandardOutput.printOnce(orElse: NewRecoveryCodes.remedy) {
                    gateway.print(codes, as: \.text)
                }
            }
        }

        private func confirm(_ client: ManagementClient) async throws
            -> ManagementClient.Answer<NewRecoveryCodes>
        {
            var left = Self.attempts
            while true {
                left -= 1
                do {
                    let code = try options.questions.ask("One-time code: ")
                    return try await client.send(
                        ManagementRequest(
                            .post,
                            "v1/me/second-factor/confirm",
                            body: ["code": .string(code)]
                        )
                    )
                } catch let error as ManagementClientError
                    where error.refusal?.code == "InvalidParameter" && left > 0
                {
                    StandardError.print("sluice: \(error)")
                }
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Do without one-time codes; your other logins end."
        )

        @OptionGroup var options: OwnAccountOptions

        func run() async throws {
            let gateway = options.management.gateway
            try await gateway.run { client in
                let answer: ManagementClient.Answer<AccountView> = try await client.send(
                    ManagementRequest(.delete, "v1/me/second-factor", body: try options.proof())
                )
                gateway.print(answer) { _ in "removed your second factor\n" }
            }
        }
    }

    struct RecoveryCodes: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "recovery-codes",
            abstract: "Replace your recovery codes, and show the new ones, once."
        )

        @OptionGroup var options: OwnAccountOptions

        func run() async throws {
            let gateway = options.management.gateway
            try await gateway.run { client in
                let answer: ManagementClient.Answer<NewRecoveryCodes> = try await client.send(
                    ManagementRequest(
                        .post,
                        "v1/me/second-factor/recovery-codes",
                        body: try options.proof()
                    )
                )
                StandardOutput.printOnce(orElse: NewRecoveryCodes.remedy) {
                    gateway.print(answer, as: \.text)
                }
            }
        }
    }
}

/// A secret for an authenticator app.
struct Offer: Decodable, Sendable {
    var secret: String
    var uri: String
    /// The link as a QR code, a text for each row: `1` is a dark module.
    var qrCode: [String]?

    /// In groups, as it is typed.
    var groups: String {
        var text = ""
        for (index, character) in secret.enumerated() {
            if index > 0, index % 4 == 0 { text.append(" ") }
            text.append(character)
        }
        return text
    }

    var text: String {
        """
        Add this account to your authenticator app:

            secret  \(groups)
            link    \(uri)

        \(picture)
        """
    }

    /// Two rows a line, for terminals with a dark ground: what is light in the code is drawn.
    private var picture: String {
        guard let rows = qrCode, let size = rows.first?.count else { return "" }
        let quiet = [String](repeating: String(repeating: "0", count: size), count: 2)
        let lines = (quiet + rows + quiet).map { Array("00\($0)00".utf8) }
        let dark = UInt8(ascii: "1")
        var text = ""
        for top in stride(from: 0, to: lines.count, by: 2) {
            text += "    "
            for x in lines[top].indices {
                let upper = lines[top][x] != dark
                let lower = top + 1 < lines.count ? lines[top + 1][x] != dark : false
                text += upper ? lower ? "█" : "▀" : lower ? "▄" : " "
            }
            text += "\n"
        }
        return text + "\n"
    }
}

/// Recovery codes, which are shown once.
struct NewRecoveryCodes: Decodable, Sendable {
    /// For codes that could not be shown.
    static let remedy =
        "the recovery codes are lost: replace them with sluice account second-factor recovery-codes"

    var recoveryCodes: [String]

    var text: String {
        let codes = recoveryCodes.map { "    \($0)\n" }.joined()
        return "A login now needs a one-time code. These recovery codes take the place of one, each"
            + " once; they are not shown again:\n\n\(codes)"
    }
}
