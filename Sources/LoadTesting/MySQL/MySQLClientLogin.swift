internal import MySQLProtocol
internal import Traffic

/// A client's way from the greeting to the server's OK, as decisions only
/// (MySQL internals manual, "Connection Phase").
struct MySQLClientLogin {
    /// What follows from one packet of the server.
    enum Step: Equatable {
        case wait
        case send(payload: [UInt8])
        case done
        case denied(MySQLErrorPacket)
    }

    private enum State { case greeting, verdict, publicKey }

    private let exchange: MySQLExchange
    private var state = State.greeting
    private var scramble = MySQLScramble([])

    init(_ exchange: MySQLExchange) {
        self.exchange = exchange
    }

    mutating func receive(_ payload: [UInt8]) throws(MySQLFault) -> Step {
        if let error = MySQLErrorPacket(payload: payload) { return .denied(error) }
        switch state {
        case .greeting: return .send(payload: try login(answering: payload))
        case .verdict: return try step(after: payload)
        case .publicKey: return .send(payload: try encryptedPassword(publicKey: payload))
        }
    }

    private mutating func login(answering payload: [UInt8]) throws(MySQLFault) -> [UInt8] {
        let greeting: MySQLGreeting
        do throws(MySQLWireError) {
            greeting = try MySQLGreeting(payload: payload)
        } catch {
            throw .wire(error)
        }
        scramble = greeting.scramble
        state = .verdict
        return try login(greeting).payload
    }

    /// A server whose own choice is not spoken here is answered by the native rule: it will ask for
    /// the one that the user has.
    private func login(_ greeting: MySQLGreeting) throws(MySQLFault) -> MySQLLogin {
        var login = MySQLLogin(user: exchange.user)
        let plugin =
            greeting.authenticationPlugin == MySQLPasswordAnswer.cachingSHA2
            ? MySQLPasswordAnswer.cachingSHA2 : MySQLScramble.nativePassword
        login.plugin = plugin
        login.capabilities.formUnion([.longColumnFlags, .transactions])
        login.maximumPacketByteCount = UInt32(MySQLPacket.maximumPayloadByteCount)
        if let database = exchange.database {
            login.capabilities.insert(.connectWithDatabase)
            login.database = database
        }
        login.authentication = try answer(plugin)
        return login
    }

    private func answer(_ plugin: String) throws(MySQLFault) -> [UInt8] {
        try MySQLPasswordAnswer.answer(exchange.password, to: scramble, plugin: plugin)
    }

    private mutating func step(after payload: [UInt8]) throws(MySQLFault) -> Step {
        switch payload.first {
        case 0x00: return .done
        case 0xfe: return .send(payload: try answerToSwitch(payload))
        case 0x01: return try step(afterMoreData: payload.dropFirst())
        default: throw .wire(.truncated)
        }
    }

    /// AuthSwitchRequest: a plugin's name and a new scramble.
    private mutating func answerToSwitch(_ payload: [UInt8]) throws(MySQLFault) -> [UInt8] {
        // Without a name it is a request of before MySQL 4.1.
        guard payload.count > 1 else { throw .unknownPlugin("mysql_old_password") }
        let parts = payload.dropFirst().split(
            separator: 0,
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        guard parts.count == 2 else { throw .wire(.truncated) }
        scramble = MySQLScramble(parts[1])
        return try answer(String(decoding: parts[0], as: UTF8.self))
    }

    /// AuthMoreData of caching_sha2_password: 3 for "your answer is right", 4 for "I do not know
    /// yet, send the password" (MySQL source documentation, "Caching_sha2_password information").
    private mutating func step(
        afterMoreData data: ArraySlice<UInt8>
    ) throws(MySQLFault) -> Step {
        switch (data.count, data.first) {
        case (1, 3):
            return .wait
        case (1, 4):
            guard exchange.trustsServerPublicKey else { throw .needsPublicKey }
            state = .publicKey
            return .send(payload: [2])
        default:
            throw .wire(.truncated)
        }
    }

    private mutating func encryptedPassword(publicKey payload: [UInt8]) throws(MySQLFault)
        -> [UInt8]
    {
        guard payload.first == 0x01 else { throw .badPublicKey }
        state = .verdict
        let key = Array(payload.dropFirst())
        return try MySQLPasswordAnswer.encrypted(exchange.password, scramble, publicKey: key)
    }
}
