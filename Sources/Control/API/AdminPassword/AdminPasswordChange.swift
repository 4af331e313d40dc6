import Addresses
import Engine
import MySQLClient
import Operations
import Policy
import Settings
import Sockets
import Text

/// Gives a warehouse's administrator another password, and keeps it for the next change.
///
/// The file for the new password is written before anything is changed, so that a full disk or a
/// folder without permission cannot separate the two; it takes its place once the warehouse accepts
/// the new password.
struct AdminPasswordChange: Sendable {
    static let byteCounts = 8...128

    let warehouse: Warehouse
    let login: AdminLogin
    let gateway: any ManagedGateway

    /// Whether the file has the new password; if not, why.
    enum Outcome: Sendable {
        case kept
        case notKept(reason: String)
    }

    enum Failure: Error {
        case file(PasswordFileError)
        case noBackend
        case unreachable(backend: String, reason: String)
        /// The warehouse does not accept the password in the file.
        case denied(String)
        case refused(String)
        /// The statement was accepted, but the new password is not.
        case notVerified(String)
    }

    /// - Throws: ``Failure``; then the warehouse has its old password, or the file has still the one
    ///   that it had.
    func make(_ password: Password) async throws(Failure) -> Outcome {
        let file = PasswordFile(path: login.passwordFile)
        let (old, draft): (Password, FileDraft)
        do throws(PasswordFileError) {
            old = try file.read()
            draft = try file.draft(password)
        } catch {
            throw .file(error)
        }
        try await set(password, replacing: old)
        do throws(SystemError) {
            try draft.commit()
            return .kept
        } catch {
            return .notKept(reason: "\(error)")
        }
    }

    private func set(_ password: Password, replacing old: Password) async throws(Failure) {
        var last = Failure.noBackend
        for (name, connection) in connections {
            let account = MySQLAccount(user: login.user, password: old)
            let statements = MySQLPasswordChange.statements(password)
            do throws(StatementConnection.Failure) {
                try await connection.run(statements, as: account)
            } catch {
                switch error {
                case .unreachable(let reason):
                    last = .unreachable(backend: name, reason: reason)
                    continue
                case .failed(.denied(let summary, _)): throw .denied(summary)
                case .failed(.refused(let code)): throw .refused("MySQL error \(code)")
                // The statement may have been made.
                case .timeout, .failed(.closed), .failed(.protocolViolation):
                    let isMade = await verify(password, connection) == nil
                    guard isMade else { throw .unreachable(backend: name, reason: "\(error)") }
                    return
                }
            }
            if let reason = await verify(password, connection) { throw .notVerified(reason) }
            return
        }
        throw last
    }

    /// Why the warehouse does not accept a password; `nil` if it does.
    private func verify(_ password: Password, _ connection: StatementConnection) async -> String? {
        let account = MySQLAccount(user: login.user, password: password)
        do throws(StatementConnection.Failure) {
            try await connection.run([], as: account)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// To each healthy backend, with its name.
    private var connections: [(name: String, connection: StatementConnection)] {
        let services = gateway.topology.services.filter {
            $0.id.warehouse == warehouse.id && $0.id.protocol == .mysql
        }
        return BackendList(of: gateway.status().listeners).backends.compactMap { entry in
            guard entry.warehouse == warehouse.id, entry.protocol == .mysql,
                entry.backend.health == .healthy, entry.backend.mode == .active,
                let text = entry.backend.address, let address = try? SocketAddress(parsing: text),
                let service = services.first(where: {
                    $0.id.listener?.description == entry.backend.listener
                })
            else { return nil }
            let connection = StatementConnection(
                backend: address,
                source: service.sourceAddresses.first { $0.family == address.ip.family },
                header: service.sendProxyProtocol.localHeader,
                security: gateway.security(towards: address, of: service.id)
            )
            return (text, connection)
        }
    }
}
