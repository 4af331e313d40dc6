package import MySQLProtocol

/// Who logs in.
package struct MySQLAccount: Hashable, Sendable {
    package var user: String
    package var password: Password
    /// The default database; `nil` for none.
    package var database: String?
    /// Whether the password may be encrypted with the server's unauthenticated public key.
    package var trustsServerPublicKey: Bool

    package init(
        user: String,
        password: Password,
        database: String? = nil,
        trustsServerPublicKey: Bool = false
    ) {
        self.user = user
        self.password = password
        self.database = database
        self.trustsServerPublicKey = trustsServerPublicKey
    }
}

/// A client's login, from the greeting to the server's OK, as decisions only
/// (MySQL internals manual, "Connection Phase").
package struct MySQLClientLogin: Sendable {
    /// What follows from one packet of the server.
    package enum Step: Equatable {
        case wait
        case send(payload: [UInt8])
        case done
        case denied(MySQLErrorPacket)
    }

    private enum State: Sendable { case greeting, verdict, publicKey }

    private let account: MySQLAccount
    private let isEncrypted: Bool
    private var state = State.greeting
    private var scramble = MySQLScramble([])
    private var hasSwitched = false

    /// - Parameter isEncrypted: whether the login is sent in TLS, which the server has to offer: then
    ///   a server that wants to see the password is sent it.
    package init(_ account: MySQLAccount, isEncrypted: Bool = false) {
        self.account = account
        self.isEncrypted = isEncrypted
    }

    package mutating func receive(_ payload: [UInt8]) throws -> Step {
        if let error = MySQLErrorPacket(payload: payload) { return .denied(error) }
        switch state {
        case .greeting: return .send(payload: try login(answering: payload))
        case .verdict: return try step(after: payload)
        case .publicKey: return .send(payload: try encryptedPassword(publicKey: payload))
        }
    }

    private mutating func login(answering payload: [UInt8]) throws -> [UInt8] {
        let greeting = try MySQLGreeting(payload: payload)
        guard !isEncrypted || greeting.capabilities.contains(.tls) else {
            throw MySQLLoginError.withoutTLS
        }
        scramble = greeting.scramble
        state = .verdict
        return try login(greeting).payload
    }

    /// A server whose default plugin is not supported is answered by the native rule: it will request
    /// the plugin of the account.
    private func login(_ greeting: MySQLGreeting) throws -> MySQLLogin {
        var login = MySQLLogin(user: account.user)
        let plugin =
            greeting.authenticationPlugin == MySQLPasswordAnswer.cachingSHA2
            ? MySQLPasswordAnswer.cachingSHA2 : MySQLScramble.nativePassword
        login.plugin = plugin
        login.capabilities.formUnion([.longColumnFlags, .transactions])
        if isEncrypted { login.capabilities.insert(.tls) }
        login.maximumPacketByteCount = UInt32(MySQLPacket.maximumPayloadByteCount)
        if let database = account.database {
            login.capabilities.insert(.connectWithDatabase)
            login.database = database
        }
        login.authentication = try answer(plugin)
        return login
    }

    private func answer(_ plugin: String) throws -> [UInt8] {
        try MySQLPasswordAnswer.answer(account.password, to: scramble, plugin: plugin)
    }

    private mutating func step(after payload: [UInt8]) throws -> Step {
        switch payload.first {
        case 0x00: return .done
        case MySQLAuthenticationSwitch.mark: return .send(payload: try answerToSwitch(payload))
        case 0x01: return try step(afterMoreData: payload.dropFirst())
        default: throw MySQLWireError.truncated
        }
    }

    private mutating func answerToSwitch(_ payload: [UInt8]) throws -> [UInt8] {
        // A server may ask once (MySQL source documentation, "Authentication Method Mismatch").
        guard !hasSwitched else { throw MySQLWireError.truncated }
        hasSwitched = true
        let request = try MySQLAuthenticationSwitch(payload: payload)
        scramble = request.scramble
        return try answer(request.plugin)
    }

    /// AuthMoreData of caching_sha2_password: 3 means "your answer is correct", 4 means "unknown so
    /// far, send the password" (MySQL source documentation, "Caching_sha2_password information").
    private mutating func step(
        afterMoreData data: ArraySlice<UInt8>
    ) throws -> Step {
        switch (data.count, data.first) {
        case (1, 3):
            return .wait
        case (1, 4) where isEncrypted:
            return .send(payload: account.password.bytes + [0])
        case (1, 4):
            guard account.trustsServerPublicKey else { throw MySQLLoginError.needsPublicKey }
            state = .publicKey
            return .send(payload: [2])
        default:
            throw MySQLWireError.truncated
        }
    }

    private mutating func encryptedPassword(publicKey payload: [UInt8]) throws
        -> [UInt8]
    {
        guard payload.first == 0x01 else { throw MySQLLoginError.badPublicKey }
        state = .verdict
        let key = Array(payload.dropFirst())
        return try MySQLPasswordAnswer.encrypted(account.password, scramble, publicKey: key)
    }
}

/// Why a login cannot be completed, after the words "the server sent".
package enum MySQLLoginError: Error, Equatable {
    /// The server requires an authentication method that is not supported.
    case unknownPlugin(String)
    /// `caching_sha2_password` without TLS, before the server has seen the password once.
    case needsPublicKey
    case badPublicKey
    /// The server does not offer TLS, which is required.
    case withoutTLS
}

extension MySQLLoginError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownPlugin(let name):
            "a request for the authentication plugin \"\(name)\", which is not supported; use an "
                + "account with mysql_native_password or caching_sha2_password"
        case .needsPublicKey:
            "a request for the password itself (caching_sha2_password without TLS); use "
                + "--get-server-public-key to encrypt it with the server's key"
        case .badPublicKey:
            "an invalid public key"
        case .withoutTLS:
            "a greeting that does not offer TLS, which backendTLS requires"
        }
    }
}
