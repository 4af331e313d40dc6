import HTTPTypes
import Hummingbird
import Logging
import MySQLClient
import Settings
import Store
import Synchronization
import Text

/// The contract's call that sets the password of a warehouse's administrator, for warehouses whose
/// configuration has a login. The password is in no log, no audit and no stored answer.
struct PasswordRoutes: Sendable {
    private static let acceptedCharacters =
        "expected \(AdminPasswordChange.byteCounts.lowerBound) to"
        + " \(AdminPasswordChange.byteCounts.upperBound) bytes of printable text"

    let api: APIRouter
    let writes: APIWriter
    private let changes = ChangesInFlight()

    init(api: APIRouter, writes: APIWriter) {
        self.api = api
        self.writes = writes
    }

    func add() {
        let path = "/v1/warehouses/{warehouse}/settings/password"
        api.on(.post, path, .administer, .warehouse) { try await setPassword($0) }
    }
}

private struct PasswordBody: APIBody {
    static let fields = ["newPassword"]
    var newPassword: String
}

extension PasswordRoutes {
    private struct View: Encodable {
        /// Whether the gateway's file has the new password.
        let passwordFileUpdated: Bool
        let warnings: [String]
    }

    private func setPassword(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        try writes.rates.admit(call.principal.id)
        let warehouse = try warehouse(of: call)
        guard let login = warehouse.adminLogin else { throw RequestError.noAdminLogin }
        // A request that is repeated has the same effect: nothing has to be remembered of it, not
        // even a hash, from which a password could be guessed.
        _ = try call.identity([])
        let body = try call.decode(PasswordBody.self, from: try await call.bytes())
        let password = try Self.checked(body.newPassword)
        guard changes.begin(warehouse.id) else { throw RequestError.changeInFlight }
        defer { changes.end(warehouse.id) }
        let change = AdminPasswordChange(
            warehouse: warehouse,
            login: login,
            gateway: api.gateway
        )
        let outcome: AdminPasswordChange.Outcome
        do throws(AdminPasswordChange.Failure) {
            outcome = try await change.make(password)
        } catch {
            call.context.logger.warning(
                "password of \(login.user.quoted) of warehouse \(warehouse.id) not set: \(error.code)"
            )
            throw RequestError(error, login)
        }
        var warnings = await record(call, warehouse, login)
        var isKept = true
        if case .notKept(let reason) = outcome {
            isKept = false
            warnings.append(
                "the password is set, but \(login.passwordFile) still has the old one: \(reason)"
                    + " (write the new one to it, mode 600)"
            )
            call.context.logger.error(
                "\(login.passwordFile) has the old password of \(warehouse.id): \(reason)"
            )
        }
        return try call.answer(View(passwordFileUpdated: isKept, warnings: warnings))
    }

    private func warehouse(of call: APICall) throws -> Warehouse {
        let id = try call.warehouse
        guard let warehouse = api.gateway.topology.warehouse(id) else {
            throw StoreRefusal.unknownWarehouse(id)
        }
        return warehouse
    }

    /// The error does not repeat it.
    private static func checked(_ text: String) throws -> Password {
        guard AdminPasswordChange.byteCounts.contains(text.utf8.count),
            text.unicodeScalars.allSatisfy(\.isHarmless)
        else { throw RequestError.invalid("newPassword", acceptedCharacters) }
        return Password(text)
    }

    /// Records the act in the audit, and in the log; returns a warning if the audit is missing it.
    private func record(_ call: APICall, _ warehouse: Warehouse, _ login: AdminLogin) async
        -> [String]
    {
        let actor = call.principal.auditActor
        // The audit is also in the log; without a store there is none.
        guard writes.writer.store != nil else {
            call.context.logger.warning(
                "password of warehouse \(warehouse.id) set by \(LogText.harmless(actor.name))"
            )
            return []
        }
        do {
            let act = AuditedAct(
                "warehouse.password.set",
                warehouse: warehouse.id,
                target: login.user
            )
            _ = try await writes.writer.write(by: actor) { try $0.record(act) }
            return []
        } catch {
            call.context.logger.error("the change of a password is not in the audit: \(error)")
            return ["the change is not in the audit: the store is not available"]
        }
    }
}

/// The warehouses whose password is being set: two changes must not interleave.
private final class ChangesInFlight: Sendable {
    private let warehouses = Mutex<Set<String>>([])

    func begin(_ id: String) -> Bool { warehouses.withLock { $0.insert(id).inserted } }
    func end(_ id: String) { warehouses.withLock { _ = $0.remove(id) } }
}

// MARK: - Errors

extension AdminPasswordChange.Failure {
    /// For the log, which does not get a server's own words.
    fileprivate var code: String {
        switch self {
        case .file(let error): "\(error)"
        case .noBackend: "no healthy backend"
        case .unreachable(let backend, let reason): "\(backend): \(reason)"
        case .denied: "the warehouse does not accept the password in the file"
        case .refused(let error): error
        case .notVerified: "the warehouse does not accept the new password"
        }
    }
}

extension RequestError {
    fileprivate static let noAdminLogin = RequestError(
        .notImplemented,
        "NotSupported",
        "This gateway has no administrator's login for this warehouse (configure adminLogin:"
            + " { user: admin, passwordFile: /var/lib/sluice/admin-password } for it, or set the password"
            + " with a MySQL client)."
    )

    fileprivate static let changeInFlight = RequestError(
        .conflict,
        "OperationConflict",
        "The password of this warehouse is being set by another request."
    )

    fileprivate init(_ failure: AdminPasswordChange.Failure, _ login: AdminLogin) {
        switch failure {
        case .file(let error):
            self.init(.conflict, "OperationConflict", "Nothing was changed: \(error).")
        case .noBackend:
            self.init(
                .serviceUnavailable,
                "BackendUnavailable",
                "Nothing was changed: the warehouse has no healthy mysql backend."
            )
        case .unreachable(let backend, let reason):
            self.init(
                .serviceUnavailable,
                "BackendUnavailable",
                "The password was not set: \(backend): \(reason)."
            )
        case .denied(let summary):
            self.init(
                .conflict,
                "OperationConflict",
                "Nothing was changed: the warehouse does not admit \(login.user.quoted) with the"
                    + " password in \(login.passwordFile): \(summary)."
            )
        case .refused(let error):
            self.init(
                .conflict,
                "OperationConflict",
                "Nothing was changed: the warehouse refuses to set the password: \(error) (its"
                    + " password policy may require another one; MySQL itself is not supported, only"
                    + " Doris, VeloDB and MariaDB)."
            )
        case .notVerified(let reason):
            self.init(
                .conflict,
                "OperationConflict",
                "The warehouse accepted the change, but does not admit \(login.user.quoted) with the"
                    + " new password: \(reason). \(login.passwordFile) is unchanged."
            )
        }
    }
}
