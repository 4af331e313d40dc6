import MySQLProtocol

/// Carries an authentication between a client and a backend, payload by payload.
///
/// What a plugin sends depends on whether the connection is encrypted. If only one of the two sides is,
/// the password of `caching_sha2_password` and `sha256_password` has another form on the other one,
/// and is converted here; it is wiped when it is on its way. All other payloads pass as they are.
///
/// ```
/// client with TLS    gateway              backend without TLS
///                ◄── 01 04           ◄──  01 04 (caching_sha2_password only)
/// password       ──► request of the key ──►
///                                    ◄──  01 key
///                    encrypted password ──►
///
/// client without TLS gateway              backend with TLS
///                ◄── 01 04           ◄──  01 04 (caching_sha2_password only)
/// request of the key ──►
///                ◄── 01 key of the gateway
/// encrypted password ──► password    ──►
/// ```
struct AuthenticationExchange: Sendable {
    /// What follows from a payload.
    enum Step: Equatable {
        case toClient([UInt8])
        case toBackend([UInt8])
        /// The backend has admitted the client with this OK.
        case admitted([UInt8])
        /// The backend has refused the client with this ERR.
        case rejected([UInt8])
    }

    private enum State: Equatable {
        case backendSpeaks, clientSpeaks
        /// The client's next payload is its password in clear.
        case awaitingPassword
        case awaitingBackendKey
        /// The client's next payload is a request of the server's key, or what it has encrypted with a
        /// key that it has.
        case awaitingKeyRequest
        case awaitingEncryptedPassword
        /// The client's next payload is one of these for the backend, for neither side is encrypted.
        case awaitingPlainSecret
    }

    /// More payloads than any plugin needs from a side.
    private static let payloadLimit = 64
    /// The longest password, in bytes, its zero included.
    private static let passwordLimit = 1 << 10

    private let sides: EncryptedSides
    private let allowsClearText: Bool
    private let cipher: any PasswordCipher
    private var state = State.backendSpeaks
    private var plugin: AuthenticationPlugin?
    private var scramble: [UInt8] = []
    /// While the backend's key is awaited.
    private var password: [UInt8] = []
    private var payloadCount = 0

    /// - Parameter allowsClearText: whether passwords may be sent in clear to a backend without TLS.
    init(_ sides: EncryptedSides, allowsClearText: Bool, cipher: any PasswordCipher) {
        self.sides = sides
        self.allowsClearText = allowsClearText
        self.cipher = cipher
    }

    /// The exchange of another login over the same connections, which may begin with an answer to the
    /// last scramble.
    ///
    /// - Parameter plugin: that made the answer; `nil` if there is none that counts.
    func again(_ plugin: AuthenticationPlugin?) -> Self {
        var next = Self(sides, allowsClearText: allowsClearText, cipher: cipher)
        next.plugin = plugin
        next.scramble = scramble
        return next
    }

    /// Whether the next packet has to come from the client.
    var awaitsClient: Bool {
        switch state {
        case .clientSpeaks, .awaitingPassword, .awaitingKeyRequest, .awaitingEncryptedPassword,
            .awaitingPlainSecret:
            true
        case .backendSpeaks, .awaitingBackendKey: false
        }
    }
}

// MARK: - The backend's payloads

extension AuthenticationExchange {
    mutating func receiveFromBackend(_ payload: [UInt8]) throws(MySQLLoginFailure) -> Step {
        try count()
        switch payload.first {
        case MySQLOKPacket.mark where payload.count >= MySQLOKPacket.payload.count:
            return .admitted(payload)
        case MySQLErrorPacket.mark:
            return .rejected(payload)
        case MySQLAuthenticationSwitch.mark:
            return try receiveSwitch(payload)
        case MySQLMoreData.mark:
            return try receiveMoreData(payload)
        default:
            throw .backendSent(.truncated)
        }
    }

    private mutating func count() throws(MySQLLoginFailure) {
        payloadCount += 1
        guard payloadCount <= Self.payloadLimit else { throw .endless }
    }

    private mutating func receiveSwitch(_ payload: [UInt8]) throws(MySQLLoginFailure) -> Step {
        let request: MySQLAuthenticationSwitch
        do throws(MySQLWireError) {
            request = try MySQLAuthenticationSwitch(payload: payload)
        } catch {
            throw .backendSent(error)
        }
        let plugin = AuthenticationPlugin(named: request.plugin)
        try check(plugin, named: request.plugin)
        self.plugin = plugin
        scramble = Array(request.data.prefix(MySQLScramble.byteCount))
        state = plugin == .sha256 ? passwordFollows : .clientSpeaks
        return .toClient(payload)
    }

    private func check(
        _ plugin: AuthenticationPlugin,
        named name: String
    ) throws(MySQLLoginFailure) {
        guard plugin != .obsolete else { throw .obsoletePlugin }
        guard plugin == .clear else { return }
        guard sides.client else { throw .passwordInClear(plugin: name, .client) }
        guard sides.backend || allowsClearText else {
            throw .passwordInClear(plugin: name, .backend)
        }
    }

    /// The client's next payload is its password, in a form that depends on its side.
    private var passwordFollows: State {
        switch (sides.client, sides.backend) {
        case (true, true): .clientSpeaks
        case (true, false): .awaitingPassword
        case (false, true): .awaitingKeyRequest
        case (false, false): .awaitingPlainSecret
        }
    }

    private mutating func receiveMoreData(_ payload: [UInt8]) throws(MySQLLoginFailure) -> Step {
        let data = Array(payload.dropFirst())
        if state == .awaitingBackendKey { return try encryptPassword(publicKeyPEM: data) }
        switch plugin {
        case nil: throw .backendSent(.outOfSequence)
        case .cachingSHA2 where data == MySQLMoreData.fastPathSucceeded: state = .backendSpeaks
        case .cachingSHA2 where data == MySQLMoreData.passwordRequired: state = passwordFollows
        case .cachingSHA2 where !sides.client, .sha256 where !sides.client:
            // The server's key.
            state = passwordFollows
        case .challenge, .cachingSHA2, .sha256, .clear, .obsolete: state = .clientSpeaks
        }
        return .toClient(payload)
    }

    private mutating func encryptPassword(
        publicKeyPEM: [UInt8]
    ) throws(MySQLLoginFailure) -> Step {
        state = .backendSpeaks
        var mixed = mixedWithScramble(password)
        password.wipe()
        password = []
        defer { mixed.wipe() }
        guard let encrypted = cipher.encrypt(mixed, publicKeyPEM: publicKeyPEM) else {
            throw .backendSentBadKey
        }
        return .toBackend(encrypted)
    }
}

// MARK: - The client's payloads

extension AuthenticationExchange {
    mutating func receiveFromClient(_ payload: [UInt8]) throws(MySQLLoginFailure) -> Step {
        try count()
        switch state {
        case .backendSpeaks, .awaitingBackendKey: throw .clientOutOfTurn
        case .clientSpeaks: return passOn(payload)
        case .awaitingPassword: return try receivePassword(payload)
        case .awaitingKeyRequest: return try receiveKeyRequest(payload)
        case .awaitingEncryptedPassword: return try decrypt(payload)
        case .awaitingPlainSecret: return try passOnSecret(payload)
        }
    }

    private mutating func passOn(_ payload: [UInt8]) -> Step {
        state = .backendSpeaks
        return .toBackend(payload)
    }

    /// Asks the backend for the key with which it wants the password to be encrypted.
    private mutating func receivePassword(_ payload: [UInt8]) throws(MySQLLoginFailure) -> Step {
        if isNoPassword(payload) { return passOn(payload) }
        guard payload.last == 0, payload.count <= Self.passwordLimit else {
            throw .clientSentBadPassword
        }
        password = payload
        state = .awaitingBackendKey
        return .toBackend([keyRequest])
    }

    /// Passes on what is no secret on its way: a request of the key, or what was encrypted with it.
    private mutating func passOnSecret(_ payload: [UInt8]) throws(MySQLLoginFailure) -> Step {
        let isHarmless = isNoPassword(payload) || payload == [keyRequest]
        guard isHarmless || Self.mayBeEncrypted(payload) else { throw .clientSentPasswordInClear }
        return passOn(payload)
    }

    /// Whether the payload has the length of an RSA key's modulus. A password has another, or is longer
    /// than any that is used.
    private static func mayBeEncrypted(_ payload: [UInt8]) -> Bool {
        payload.count >= 128 && payload.count.isMultiple(of: 64)
    }

    /// Answers with the gateway's key. A client that has the server's key already, from a file, does
    /// not ask.
    private mutating func receiveKeyRequest(_ payload: [UInt8]) throws(MySQLLoginFailure) -> Step {
        if isNoPassword(payload) { return passOn(payload) }
        guard payload == [keyRequest] else { return try decrypt(payload) }
        state = .awaitingEncryptedPassword
        return .toClient(MySQLMoreData(cipher.publicKeyPEM).payload)
    }

    private mutating func decrypt(_ payload: [UInt8]) throws(MySQLLoginFailure) -> Step {
        guard var mixed = cipher.decrypt(payload) else {
            throw Self.mayBeEncrypted(payload) ? .clientUsedOtherKey : .clientSentPasswordInClear
        }
        defer { mixed.wipe() }
        let password = mixedWithScramble(mixed)
        guard password.last == 0 else { throw .clientUsedOtherKey }
        return passOn(password)
    }

    /// An empty password is sent as such, by both plugins, whatever the connection.
    private func isNoPassword(_ payload: [UInt8]) -> Bool { payload.isEmpty || payload == [0] }

    /// What asks for the server's key (MySQL, `sha2_password.cc`, `sha256_password.cc`).
    private var keyRequest: UInt8 { plugin == .sha256 ? 1 : 2 }

    /// The exclusive or with the scramble, repeated; its own inverse.
    private func mixedWithScramble(_ bytes: [UInt8]) -> [UInt8] {
        guard !scramble.isEmpty else { return bytes }
        return bytes.indices.map { bytes[$0] ^ scramble[$0 % scramble.count] }
    }
}
