import HTTPTypes
import Policy
import Store

/// The audit, backups, and the policy as one document.
extension APIDocument {
    static let records: [Operation] = [
        Operation(
            .get,
            "/v1/audit",
            .administer,
            .organization,
            "listAudit",
            "List what was changed, newest first.",
            query: .page + auditFilter,
            answers: .page(.auditRecord),
            errors: .noStore,
            .unknownWarehouse
        ),
        Operation(
            .get,
            "/v1/audit/export",
            .administer,
            .organization,
            "exportAudit",
            "Return the audit as JSON lines, oldest first.",
            query: auditFilter,
            answers: .content(type: "application/x-ndjson", .text),
            errors: .noStore,
            .unknownWarehouse
        ),
        Operation(
            .get,
            "/v1/audit/verify",
            .administer,
            .organization,
            "verifyAudit",
            "Check that no record was changed or removed.",
            answers: .data(
                .object([
                    "count": .count, "head": .text, "valid": .boolean, "firstInvalid?": .count,
                ])
            ),
            errors: .noStore
        ),
        Operation(
            .get,
            "/v1/backup",
            .administer,
            .organization,
            "backUp",
            "Return a consistent copy of the store, an SQLite database.",
            answers: .content(type: "application/vnd.sqlite3", .text),
            errors: .noStore
        ),
        Operation(
            .get,
            "/v1/policy",
            .read,
            .filtered,
            "getPolicy",
            "Return everything that the store holds about who may connect.",
            query: [Parameter("warehouse", .warehouseID, "Only this warehouse")],
            answers: .data(.policy),
            errors: .noStore,
            .unknownWarehouse
        ),
        .change(
            .put,
            "/v1/policy",
            .administer,
            .organization,
            "applyPolicy",
            "Replace the policy of the warehouses and groups that the document names.",
            body: .list(.policy),
            answers: .data(.changed(["changes": .texts])),
            errors: .unknownWarehouse,
            .unknownGroup,
            .unknownService,
            .stale,
            .exists,
            .duplicateEntry
        ),
    ]

    private static let auditFilter = [
        Parameter("warehouse", .warehouseID, "Only this warehouse"),
        Parameter("actor", .example("anna"), "Part of the actor's name, or its id"),
        Parameter(
            "action",
            .example("whitelist"),
            "One of \(AuditActions.all.joined(separator: ", ")), or what they start with"
        ),
        Parameter("since", .moment, "From this moment on"),
        Parameter("until", .moment, "Before this moment"),
    ]
}

extension Schema {
    fileprivate static let auditRecord = Schema.named(
        "AuditRecord",
        .object([
            "number": .integer(1...), "at": .moment,
            "actor": .object([
                "kind": .word(AuditActor.Kind.self), "id?": .text, "name": .text,
                "address?": .text,
            ]), "action": .example("whitelist.entry.add"), "warehouse?": .warehouseID,
            "target?": .text, "before?": .anything, "after?": .anything, "note?": .text,
            "requestId?": .text, "hash": .text,
        ])
    )

    fileprivate static let policy = Schema.named(
        "Policy",
        .body([
            "version?": .count, "warehouses?": .list(of: .warehousePolicy),
            "groups?": .list(
                of: .body([
                    "name": .groupName, "description?": .description,
                    "entries?": .list(of: .policyEntry),
                ])
            ), "outboundServices?": .list(of: .policyOutboundService),
        ])
    )

    private static let warehousePolicy = Schema.body([
        "warehouseId": .warehouseID, "mode": .mode, "groups?": .list(of: .groupName),
        "entries?": .list(of: .policyEntry),
        "endpointServices?": .list(of: .newEndpointService),
        "endpoints?": .list(of: .policyEndpoint),
        "outboundEndpoints?": .list(
            of: .body([
                "name": .text, "serviceId": .serviceID, "address?": .text,
                "description?": .description,
            ])
        ),
    ])

    private static let policyEntry = Schema.named(
        "PolicyEntry",
        .body([
            "cidr": .cidr, "action?": .action, "description?": .description,
            "enabled?": .boolean, "expiresAt?": .moment, "service?": .service,
        ])
    )

    private static let policyEndpoint = Schema.body([
        "endpointId": .endpointID, "cloud": .cloud, "state": .endpointState,
        "description?": .description, "dnsName?": .dnsName, "serviceId?": .serviceID,
        "connectionLimit?": .integer(0...1_000_000_000),
    ])

    private static let policyOutboundService = Schema.body([
        "cloudProvider": .example("aws"), "region": .region, "endpointServiceId": .serviceID,
        "endpointServiceName": .text, "description?": .description,
    ])
}
