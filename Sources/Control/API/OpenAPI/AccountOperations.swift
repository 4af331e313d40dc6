import HTTPTypes
import Settings
import Store

/// Signing in, one's own account, and everybody's.
extension APIDocument {
    static let accounts: [Operation] = signingIn + ownAccount + allAccounts + logins

    private static let signingIn: [Operation] = [
        Operation(
            .get,
            "/v1/sign-in",
            nil,
            .filtered,
            "listSignInMethods",
            "Show how one can sign in here.",
            answers: .data(
                .object([
                    "password": .boolean,
                    "secondFactor": .word(AccountSettings.SecondFactorRule.self),
                    "singleSignOn?": .object([
                        "name": .example("Company"),
                        "url": .example("https://gateway.example.com/v1/sso/start"),
                    ]),
                ])
            )
        ),
        Operation(
            .post,
            "/v1/login",
            nil,
            .filtered,
            "logIn",
            "Sign in: a browser gets a cookie, the command line a token.",
            body: .json(
                .body([
                    "name": .text(1...256, example: "admin"),
                    "password": .text(1...256, example: "correct horse battery staple"),
                    "code?": .text(0...64, example: "123456"),
                    "client?": .word("browser", "commandLine"),
                ])
            ),
            answers: .data(
                .object([
                    "account": .account, "login": .login, "mustDo?": .duty,
                    "token?": .example("ss-… (43 letters and digits)"),
                ])
            ),
            errors: [
                ErrorAnswer(401, "Unauthorized.LoginRefused"),
                ErrorAnswer(401, "Unauthorized.CodeRequired"),
                ErrorAnswer(429, "TooManyAttempts"),
            ],
            .noStore,
            [ErrorAnswer(403, "Forbidden"), ErrorAnswer(409, "LimitExceeded")]
        ),
        Operation(
            .post,
            "/v1/login/key",
            nil,
            .filtered,
            "useKey",
            "Sign in a browser with a key: it gets a cookie.",
            body: .json(.body(["key": .text(1...256, example: "sk-…")])),
            answers: .data(.object(["name": .text, "role": .role])),
            errors: [
                ErrorAnswer(401, "Unauthorized.InvalidApiKey"), ErrorAnswer(403, "Forbidden"),
            ],
            .noStore
        ),
        Operation(
            .post,
            "/v1/logout",
            .identify,
            .filtered,
            "logOut",
            "End the login that sends this.",
            answers: .empty
        ),
    ]

    private static let ownAccount: [Operation] = [
        Operation(
            .get,
            "/v1/me/account",
            .ownAccount,
            .filtered,
            "getOwnAccount",
            "Show one's own account.",
            answers: .data(.account)
        ),
        .own(
            .post,
            "/v1/me/password",
            "changeOwnPassword",
            "Change one's own password; all other logins end.",
            body: .json(.body(["currentPassword": .text, "newPassword": .newPassword])),
            answers: .data(.account),
            errors: .proof
        ),
        .own(
            .post,
            "/v1/me/second-factor",
            "offerSecondFactor",
            "Get a secret for an authenticator app; it counts once a code of it was confirmed.",
            body: .json(.body(["currentPassword": .text])),
            answers: .data(
                .object([
                    "secret": .example("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
                    "uri": .example("otpauth://totp/Sluice:anna?secret=…"),
                    "qrCode?": .texts,
                ])
            ),
            errors: .proof
        ),
        .own(
            .post,
            "/v1/me/second-factor/confirm",
            "confirmSecondFactor",
            "Confirm an authenticator app by a code of it; answers the recovery codes once.",
            body: .json(.body(["code": .text(1...64, example: "123456")])),
            answers: .data(.object(["recoveryCodes": .texts]))
        ),
        .own(
            .post,
            "/v1/me/second-factor/recovery-codes",
            "replaceRecoveryCodes",
            "Get new recovery codes; the old ones count no more.",
            body: .json(.body(["currentPassword": .text])),
            answers: .data(.object(["recoveryCodes": .texts])),
            errors: .proof
        ),
        .own(
            .delete,
            "/v1/me/second-factor",
            "removeOwnSecondFactor",
            "Do without one-time codes; all other logins end.",
            body: .json(.body(["currentPassword": .text])),
            answers: .data(.account),
            errors: .proof
        ),
        Operation(
            .get,
            "/v1/me/logins",
            .ownAccount,
            .filtered,
            "listOwnLogins",
            "List one's own logins.",
            query: .page,
            answers: .page(.login),
            errors: .noStore
        ),
        .own(
            .delete,
            "/v1/me/logins/{login}",
            "endOwnLogin",
            "End one of one's own logins.",
            answers: .empty,
            errors: .unknownLogin
        ),
    ]

    private static let allAccounts: [Operation] = [
        Operation(
            .get,
            "/v1/accounts",
            .administer,
            .organization,
            "listAccounts",
            "List accounts.",
            query: .page,
            answers: .page(.account),
            errors: .noStore
        ),
        .change(
            .post,
            "/v1/accounts",
            .administer,
            .organization,
            "createAccount",
            "Create a local account; without a password, one is made and answered once.",
            body: .json(
                .body([
                    "name": .accountName, "role": .accountRole, "warehouses?": .warehouseIDs,
                    "password?": .newPassword,
                ])
            ),
            answers: .data(
                .changed(["account": .account, "password?": .example("made, and shown once")]),
                status: 201
            ),
            errors: .exists,
            .unknownWarehouse,
            .tooManyAttempts
        ),
        Operation(
            .get,
            "/v1/accounts/{account}",
            .administer,
            .organization,
            "getAccount",
            "Show an account.",
            answers: .data(.account),
            errors: .noStore,
            .unknownAccount
        ),
        .change(
            .patch,
            "/v1/accounts/{account}",
            .administer,
            .organization,
            "changeAccount",
            "Change an account; null means all warehouses. To disable it ends its logins.",
            body: .json(
                .body([
                    "name?": .accountName, "role?": .accountRole, "warehouses?": .warehouseIDs,
                    "enabled?": .boolean,
                ])
            ),
            answers: .data(.changed(["account": .account])),
            errors: .unknownAccount,
            .exists,
            .unknownWarehouse
        ),
        .change(
            .delete,
            "/v1/accounts/{account}",
            .administer,
            .organization,
            "removeAccount",
            "Remove an account; its logins end.",
            answers: .data(.changed(["account": .account])),
            errors: .unknownAccount
        ),
        .change(
            .post,
            "/v1/accounts/{account}/password",
            .administer,
            .organization,
            "resetPassword",
            "Set an account's password, which its owner must then change; its logins end. Without a"
                + " password, one is made and answered once.",
            body: .optional(.body(["password?": .newPassword])),
            answers: .data(
                .changed(["account": .account, "password?": .example("made, and shown once")])
            ),
            errors: .unknownAccount,
            .tooManyAttempts
        ),
        .change(
            .delete,
            "/v1/accounts/{account}/second-factor",
            .administer,
            .organization,
            "resetSecondFactor",
            "Remove an account's second factor, for an owner who has lost it; its logins end.",
            answers: .data(.changed(["account": .account])),
            errors: .unknownAccount
        ),
    ]

    private static let logins: [Operation] = [
        Operation(
            .get,
            "/v1/logins",
            .administer,
            .organization,
            "listLogins",
            "List logins.",
            query: .page + [Parameter("account", .accountID, "Only those of one account")],
            answers: .page(.login),
            errors: .noStore,
            .unknownAccount
        ),
        .change(
            .delete,
            "/v1/logins/{login}",
            .administer,
            .organization,
            "endLogin",
            "End a login.",
            answers: .data(.changed([:])),
            errors: .unknownLogin
        ),
        .change(
            .delete,
            "/v1/accounts/{account}/logins",
            .administer,
            .organization,
            "endLogins",
            "End all logins of an account.",
            answers: .data(.changed([:])),
            errors: .unknownAccount
        ),
    ]
}

extension Operation {
    /// A change of one's own account: made at once, without a trial or a confirmation.
    fileprivate static func own(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ id: String,
        _ summary: String,
        body: Body = .none,
        answers answer: Answer,
        errors: [ErrorAnswer]...
    ) -> Operation {
        Operation(
            method,
            path,
            .ownAccount,
            .filtered,
            id,
            summary,
            body: body,
            answers: answer,
            errors: errors.flatMap(\.self),
            isChange: true
        )
    }
}

extension [ErrorAnswer] {
    fileprivate static let unknownAccount = [ErrorAnswer(404, "AccountNotFound")]
    fileprivate static let unknownLogin = [ErrorAnswer(404, "LoginNotFound")]
    fileprivate static let tooManyAttempts = [ErrorAnswer(429, "TooManyAttempts")]
    /// What a call may answer that asks for the password again.
    fileprivate static let proof = [
        ErrorAnswer(403, "WrongPassword"), ErrorAnswer(429, "TooManyAttempts"),
    ]
}

extension Schema {
    fileprivate static let accountID = Schema.text(
        matching: "^[a-z0-9]{1,32}$",
        example: "a7q2m9x4bc"
    )
    fileprivate static let accountName = Schema.text(
        matching: "^[A-Za-z0-9._@+-]{1,64}$",
        example: "anna"
    )
    fileprivate static let accountRole = Schema.word("read", "operate", "administer")
    fileprivate static let newPassword = Schema.text(12...256, example: "correct horse battery")
    fileprivate static let duty = Schema.word("changePassword", "setUpSecondFactor")

    fileprivate static let account = Schema.named(
        "Account",
        .object([
            "accountId": .accountID, "name": .text, "origin": .word("local", "provider"),
            "issuer?": .text, "subject?": .text, "role": .role, "warehouses?": .warehouseIDs,
            "enabled": .boolean, "secondFactor": .boolean, "recoveryCodesLeft?": .count,
            "mustChangePassword": .boolean, "createdAt": .moment, "createdBy": .text,
            "passwordChangedAt?": .moment, "lastLoginAt?": .moment, "lastLoginFrom?": .text,
        ])
    )

    fileprivate static let login = Schema.named(
        "Login",
        .object([
            "loginId": .accountID, "accountId": .accountID, "accountName": .text,
            "method": .word("password", "provider"), "client": .word("browser", "commandLine"),
            "createdAt": .moment, "lastUsedAt": .moment, "expiresAt": .moment, "source": .text,
            "agent": .text, "current": .boolean,
        ])
    )
}
