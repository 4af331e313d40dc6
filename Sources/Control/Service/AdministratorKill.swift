import Addresses
import Engine
import Logging
import MySQLClient
import Operations
import Settings
import Synchronization
import Text
import Traffic

/// Ends a session at a backend as the warehouse's administrator, for a client of the session's user
/// whose own connection leads to another backend.
final class AdministratorKill: Sendable {
    /// At the same time: clients that kill on and on take no more of the backends' connections.
    static let limit = 16

    private let report: @Sendable (OperatorEvent) -> Void
    private let count = Atomic<Int>(0)

    init(report: @escaping @Sendable (OperatorEvent) -> Void) {
        self.report = report
    }

    /// - Returns: why it cannot, for the client; `nil` if it has.
    func end(_ kill: RemoteKill, at gateway: Gateway) async -> String? {
        defer { count.subtract(1, ordering: .relaxed) }
        guard count.add(1, ordering: .relaxed).newValue <= Self.limit else {
            return "too many sessions on other servers are being ended; try again later"
        }
        return await login(kill, gateway)
    }

    private func login(_ kill: RemoteKill, _ gateway: Gateway) async -> String? {
        let topology = gateway.topology
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
                header: service.sendProxyProtocol.localHeader,
                security: gateway.security(towards: kill.backend, of: kill.service)
            )
            let account = MySQLAccount(user: login.user, password: password)
            try await connection.run([kill.statement], as: account)
            return nil
        } catch {
            report(OperatorEvent(failed: kill, reason: "\(error)"))
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

extension OperatorEvent {
    fileprivate init(failed kill: RemoteKill, reason: String) {
        self.init(
            subject: "KILL at \(kill.backend)",
            sentence: "cannot end a session at backend \(kill.backend) (warehouse"
                + " \(kill.service.warehouse)) as its administrator (adminLogin):"
                + " \(LogText.harmless(reason))",
            level: .warning
        )
    }
}
