import Addresses
import Engine
import MySQLClient
import Operations
import Settings
import Traffic

/// Ends a session at a backend as the warehouse's administrator, for a client of the session's user
/// whose own connection leads to another backend.
struct AdministratorKill: Sendable {
    /// The active one.
    let topology: @Sendable () -> Topology

    /// - Returns: why it cannot, for the client; `nil` if it has.
    func end(_ kill: RemoteKill) async -> String? {
        let topology = topology()
        let warehouse = topology.warehouse(kill.service.warehouse)
        guard let login = warehouse?.adminLogin,
            let service = topology.services.first(where: { $0.id == kill.service })
        else {
            return "it runs on another server of the warehouse, where the gateway cannot log in"
        }
        do {
            let password = try PasswordFile(path: login.passwordFile).read()
            let connection = StatementConnection(
                backend: kill.backend,
                source: service.sourceAddresses.first { $0.family == kill.backend.ip.family },
                header: service.sendProxyProtocol.localHeader
            )
            let account = MySQLAccount(user: login.user, password: password)
            try await connection.run(MySQLStatements(account, statements: [kill.statement]))
            return nil
        } catch {
            // The reason may name files and accounts.
            return "it runs on another server of the warehouse, which did not end it"
        }
    }
}

extension RemoteKill {
    fileprivate var statement: String {
        switch scope {
        case .connection: "KILL CONNECTION \(threadID)"
        case .query: "KILL QUERY \(threadID)"
        }
    }
}
