import Addresses
import Hummingbird
import Operations
import Sockets
import Store

/// The call for the addresses from which the gateway connects to its backends.
struct EgressRoutes: Sendable {
    let api: APIRouter

    func add() {
        api.on(.get, "/v1/egress-addresses", .read, .filtered) { call in
            try call.allowParameters([])
            let addresses = EgressAddresses(
                api.gateway.topology,
                BackendList(of: api.gateway.status().listeners),
                isVisible: call.principal.mayUse(warehouse:),
                // `try?`: without a route there is none.
                observe: { try? Routing.source(to: $0.ip) }
            )
            return try call.answer(addresses)
        }
    }
}
