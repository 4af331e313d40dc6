import HTTPTypes
import Hummingbird
import Operations
import Settings
import Text

/// What the API answers about backends: their health, and the mode in which an operator puts them.
struct BackendRoutes: Sendable {
    let gateway: any ManagedGateway
    /// As for sessions: there is no authentication.
    let allowsChanges: Bool
    let answers: LargeAnswers

    func add(to router: Router<ManagementContext>) {
        router.get("/v1/backends") { request, context in
            let filter = try filter(of: request)
            let list = try known(filter)
            return try Envelope(id: request.envelopeID, data: list.matching(filter))
                .response(by: answers, on: context.channel)
        }
        router.put("/v1/backends") { request, context in
            try Envelope(id: request.envelopeID, data: setMode(request))
                .response(by: answers, on: context.channel)
        }
    }

    private func setMode(_ request: Request) throws -> BackendList {
        guard allowsChanges else {
            let message =
                "Backends can only be changed over a loopback management address"
                + " (set management.listen to 127.0.0.1:PORT)."
            throw RequestError(.forbidden, "Forbidden", message)
        }
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
        _ = try known(filter)
        gateway.setMode(choice.mode, matching: filter)
        return BackendList(of: gateway.status().listeners).matching(filter)
    }

    /// All backends, if there are some that the filter can mean.
    private func known(_ filter: BackendFilter) throws -> BackendList {
        let list = BackendList(of: gateway.status().listeners)
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
