import Hummingbird
import Operations
import Store

/// `GET /v1/notices`: what a person should hear of, as far as the sender may see it.
struct NoticeRoutes: Sendable {
    let api: APIRouter
    let notices: NoticeCenter

    func add() {
        api.on(.get, "/v1/notices", .read, .filtered) { call in
            try call.allowParameters(["warehouse"])
            let wanted = try api.wantedWarehouse(call)
            let principal = call.principal
            let list = notices.list.filtered { warehouse in
                if let wanted { return warehouse == wanted }
                return principal.warehouses == nil
                    || warehouse.map(principal.mayUse(warehouse:)) == true
            }
            return try call.answer(list)
        }
    }
}
