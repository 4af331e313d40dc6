import MySQLProtocol
import Traffic

extension MySQLSession {
    /// The one user. It has no password: the warehouse listens on loopback and holds sample data.
    static let user = "demo"

    mutating func logIn(_ login: MySQLLogin, _ packet: MySQLPacket) -> MySQLReply {
        var reply = MySQLReply(to: packet)
        guard login.plugin ?? MySQLScramble.nativePassword == MySQLScramble.nativePassword else {
            reply.append(authenticationSwitch)
            phase = .awaitingSwitchedPassword(login)
            return reply
        }
        do {
            try admit(login)
            reply.appendOkay()
        } catch {
            reply.append(error)
            reply.closes = true
        }
        return reply
    }

    private mutating func admit(_ login: MySQLLogin) throws(SQLError) {
        let hasPassword = !login.authentication.isEmpty
        guard login.user == Self.user, !hasPassword else {
            throw .accessDenied(user: login.user, host: facts.host, usedPassword: hasPassword)
        }
        if let database = login.database, !database.isEmpty {
            guard catalog.hasDatabase(database) else { throw .unknownDatabase(database) }
            facts.database = database
        }
        facts.user = login.user
        phase = .ready
    }

    /// AuthSwitchRequest: the plugin and a scramble for it.
    private var authenticationSwitch: [UInt8] {
        var payload: [UInt8] = [0xfe]
        payload.appendNullTerminated(MySQLScramble.nativePassword)
        return payload + scramble.bytes + [0]
    }
}
