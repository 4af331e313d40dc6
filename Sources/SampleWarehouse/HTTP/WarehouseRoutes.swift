import Hummingbird

/// The sample warehouse's HTTP side.
struct WarehouseRoutes {
    let catalog: Catalog
    let loads: LoadJournal

    var router: Router<WarehouseRequestContext> {
        let router = Router(context: WarehouseRequestContext.self)
        router.get("/", use: statusPage)
        router.get("/api/health") { _, _ in Health() }
        StreamLoadRoutes(catalog: catalog, loads: loads).add(to: router)
        return router
    }

    @Sendable
    private func statusPage(_ request: Request, context: WarehouseRequestContext) -> StatusPage {
        StatusPage(
            databases: catalog.databaseNames.map { ($0, catalog.tables(of: $0)) },
            loads: loads.table,
            host: request.head.authority ?? "an address without a name"
        )
    }
}

/// As a Doris frontend answers `/api/health`.
private struct Health: ResponseCodable {
    struct Backends: Codable {
        var online_backend_num = 1
        var total_backend_num = 1
    }

    var msg = "success"
    var code = 0
    var data = Backends()
    var count = 0
}
