import HTTPTypes
import Hummingbird
import Operations
import Settings
import Store
import Text

/// What the API answers about backends: their health, and the mode in which an operator puts them.
struct BackendRoutes: Sendable {
    let api: APIRouter
    let gateway: any ManagedGateway
    let answers: LargeAnswers

    func add() {
        api.on(.get, "/v1/backends", .read, .filtered) { call in
            let filter = try filter(of: call.request)
            let list = try known(filter, to: call.principal)
            return try Envelope(id: call.id, data: list.matching(filter))
                .response(by: answers, on: call.context.channel)
        }
        api.on(.put, "/v1/backends", .operate, .filtered) { call in
            try await call.awaitBody()
            return try Envelope(id: call.id, data: setMode(call.request, by: call.principal))
                .response(by: answers, on: call.context.channel)
        }
    }

    private func setMode(_ request: Request, by principal: Principal) throws -> BackendList {
        let filter = try filter(of: request, beside: ["mode"])
        guard filter.backend != nil else {
            let message = "No backend selected (use backend=HOST:PORT)."
            throw RequestError(.badRequest, "FilterRequired", message)
        }
        let word = try request.parameter("mode") ?? ""
        guard let choice = BackendModeChoice(rawValue: word) else {
            let words = BackendModeChoice.allCases.map(\.rawValue).joined(separator: ", ")
            throw RequestError(
                .badRequest,
                "InvalidRequest",
                "Invalid mode \(word.quoted) (expected one of \(words))."
            )
        }
        _ = try known(filter, to: principal)
        try requireScope(of: filter, for: principal)
        gateway.setMode(choice.mode, matching: filter)
        return try known(filter, to: principal).matching(filter)
    }

    /// Two warehouses may share a backend: a key for one of them must not change the other's.
    private func requireScope(of filter: BackendFilter, for principal: Principal) throws {
        guard principal.warehouses != nil, filter.warehouse == nil else { return }
        throw RequestError.invalid(
            "warehouse",
            "required, because this key is limited to some warehouses"
        )
    }

    /// All backends that the principal may see, if there are some that the filter can mean.
    private func known(_ filter: BackendFilter, to principal: Principal) throws -> BackendList {
        let list = BackendList(
            of: gateway.status().visible(to: principal).listeners,
            hasRedirectTargets: true
        )
        guard let error = filter.unknownPlace(in: list),
            case .unknownPlace(let kind, _, _) = error
        else { return list }
        let code = kind == .warehouse ? "WarehouseNotFound" : "BackendNotFound"
        throw RequestError(.notFound, code, "\(error).")
    }

    private func filter(of request: Request, beside others: Set<String> = []) throws
        -> BackendFilter
    {
        do throws(FilterQueryError) {
            return try BackendFilter(query: request.filterPairs(beside: others))
        } catch {
            throw RequestError(.badRequest, "InvalidFilter", "\(error).")
        }
    }
}
