import MySQLClient
import MySQLProtocol
import Traffic

/// Asks a front end of Doris or StarRocks for its servers, over the MySQL protocol. What one of the
/// two does not know, or the user may not see, it refuses: one list is enough.
struct MySQLServerQuestion: LearningProbe {
    static let statements = ["SHOW BACKENDS", "SHOW COMPUTE NODES", "SHOW FRONTENDS"]

    private var session: MySQLStatements

    init(_ account: MySQLAccount, usesTLS: Bool) {
        session = MySQLStatements(
            account,
            statements: Self.statements,
            usesTLS: usesTLS,
            keepsTables: true
        )
    }

    /// The server greets first.
    var opening: HealthProbeStep { .wait }
    var answerLimit: Int { MySQLStatements.answerLimit }

    mutating func secured() -> HealthProbeStep { step(session.secured()) }

    mutating func receive(_ bytes: Span<UInt8>) -> HealthProbeStep { step(session.receive(bytes)) }

    func receiveEndOfStream() -> HealthProbeStep { .unhealthy(reason: "closed the connection") }

    private func step(_ step: MySQLStatements.Step) -> HealthProbeStep {
        switch step {
        case .wait: .wait
        case .send(let bytes): .send(bytes)
        case .startTLS(let bytes): .startTLS(bytes)
        case .failed(let error): .unhealthy(reason: "\(error)")
        case .done: conclusion
        }
    }

    private var conclusion: HealthProbeStep {
        switch answer {
        case .success: .healthy(farewell: MySQLPacket.quit.bytes)
        case .failure(let error): .unhealthy(reason: "\(error)")
        }
    }

    private var answer: Result<LearnedServers, LearnedServersError> {
        Result { () throws(LearnedServersError) in
            try LearnedServers(session.tables)
        }
    }

    var servers: LearnedServers? {
        guard case .success(let servers) = answer else { return nil }
        return servers
    }
}
