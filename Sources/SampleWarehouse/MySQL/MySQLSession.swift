import CIDRTrie
import MySQLProtocol
import Time
import Traffic

/// One client's session as the server sees it: packets in, replies out; no socket, no clock.
struct MySQLSession {
    enum Phase: Equatable {
        case awaitingLogin
        /// The client was asked to authenticate again, by the plugin that is known here.
        case awaitingSwitchedPassword(MySQLLogin)
        case ready
    }

    /// The longest packet that a client may send, in bytes.
    static let packetLimit = 1 << 20

    /// What the session knows of itself; the user is empty before the login.
    var facts: SessionFacts
    var phase = Phase.awaitingLogin
    let scramble: MySQLScramble
    let catalog: Catalog

    init(connectionID: UInt32, host: String, scramble: MySQLScramble, catalog: Catalog) {
        facts = SessionFacts(connectionID: connectionID, user: "", host: host)
        self.scramble = scramble
        self.catalog = catalog
    }

    /// What is sent first, at once.
    var greeting: [UInt8] {
        let greeting = MySQLGreeting(
            serverVersion: SystemVariables.version,
            connectionID: facts.connectionID,
            scramble: scramble,
            capabilities: [
                .basicLogin, .longColumnFlags, .connectWithDatabase, .transactions,
                .connectAttributes, .lengthEncodedAuthentication,
            ]
        )
        return MySQLPacket(sequence: 0, payload: greeting.payload).bytes
    }

    /// Takes one packet of the client.
    ///
    /// - Parameters:
    ///   - sessions: all sessions, for SHOW PROCESSLIST.
    ///   - now: the time, for NOW().
    mutating func receive(
        _ packet: MySQLPacket,
        sessions: [SessionFacts],
        now: UnixTime
    ) throws(MySQLWireError) -> MySQLReply {
        switch phase {
        case .awaitingLogin:
            return logIn(try MySQLLogin(payload: packet.payload), packet)
        case .awaitingSwitchedPassword(var login):
            login.authentication = packet.payload
            login.plugin = MySQLScramble.nativePassword
            return logIn(login, packet)
        case .ready:
            facts.now = now
            return answer(try MySQLCommand(payload: packet.payload), packet, sessions)
        }
    }
}
