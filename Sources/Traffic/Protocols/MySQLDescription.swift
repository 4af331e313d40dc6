package import Addresses
package import MySQLProtocol
package import Policy

/// MySQL: the server greets, and every packet has its length (MySQL Internals, "Protocol::Packet").
enum MySQLDescription: ProtocolDescription {
    static let nameWithArticle = "a MySQL"
    static let synonyms = ["mariadb", "doris", "starrocks"]
    static let firstSpeaker: RelaySide? = .backend
    static let framesMessages = true
    /// After a greeting most clients show an error in full.
    static let rejects: [Reject] = [.errorAfterGreeting, .error, .drop]

    static func error(for reason: DenialReason, client: IPAddress) -> [UInt8] {
        let error = MySQLErrorPacket(reason: reason, client: client, sqlState: nil)
        return MySQLPacket(sequence: 0, payload: error.payload).bytes
    }

    static func errorDialogue(
        for reason: DenialReason,
        client: IPAddress,
        connectionID: UInt32
    ) -> (any Prologue)? {
        GreetingRejection(
            reason: reason,
            client: client,
            connectionID: connectionID,
            scramble: MySQLScramble((0..<20).map { _ in UInt8.random(in: 1...127) })
        )
    }

    static let healthQuestion: (any HealthQuestion.Type)? = MySQLHealthCheck.self
    static let standardHealthCheck = HealthCheck.mysql.kind
    static let countsBareConnects = true
}

extension MySQLErrorPacket {
    /// The error that tells `client` why it was denied: 1130, or 1040 for what may pass by itself.
    ///
    /// - Parameter sqlState: `nil` before a greeting.
    package init(reason: DenialReason, client: IPAddress, sqlState: String?) {
        let code = reason.family == .access ? Self.hostNotPrivileged : Self.tooManyConnections
        self.init(code: code, sqlState: sqlState, message: reason.message(to: client))
    }
}
