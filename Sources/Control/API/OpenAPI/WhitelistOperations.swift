import HTTPTypes
import Store

/// Whitelists, their entries, and groups of entries.
extension APIDocument {
    static let whitelists: [Operation] =
        [
            Operation(
                .get,
                "/v1/warehouses/{warehouse}/whitelist",
                .read,
                .warehouse,
                "getWhitelist",
                "Show a warehouse's whitelist without its entries.",
                query: [unusedDays],
                answers: .data(.whitelist)
            ),
            Operation(
                .get,
                "/v1/warehouses/{warehouse}/whitelist/check",
                .read,
                .warehouse,
                "checkWhitelist",
                "Find entries that are superfluous, or have matched nothing for days.",
                query: [unusedDays],
                answers: .data(.whitelistCheck)
            ),
            .change(
                .patch,
                "/v1/warehouses/{warehouse}/whitelist",
                .operate,
                .warehouse,
                "changeWhitelist",
                "Change a whitelist's mode, or the groups that it uses.",
                body: .json(
                    .body([
                        "mode?": .mode, "groups?": .list(of: .groupName), "version?": .count,
                    ])
                ),
                answers: .data(.changed(["whitelist": .whitelist])),
                errors: .unknownGroup,
                .stale
            ),
        ] + entries(of: "/v1/warehouses/{warehouse}/whitelist", .warehouse, "") + leases + shadows

    private static let unusedDays = Parameter(
        "unusedDays",
        .integer(1...3_650),
        "After how many days without a match an entry is reported (default 30)"
    )

    private static let leases: [Operation] = {
        let one = "\(LeaseRoutes.path)/{entry}"
        let changed = Schema.changed(["lease": .lease])
        return [
            Operation(
                .get,
                LeaseRoutes.path,
                .lease,
                .warehouse,
                "listLeases",
                "List the sender's own leases that have not expired.",
                query: .page + [
                    Parameter("all", .boolean, "Those of all keys; needs the role operate")
                ],
                answers: .page(.lease),
                errors: .noStore
            ),
            .change(
                .post,
                LeaseRoutes.path,
                .lease,
                .warehouse,
                "createLease",
                "Admit the sender's own address for a while.",
                body: .json(
                    .body([
                        "ttl": .anyOf([.example("15m"), .integer(1...86_400)]),
                        "description?": .description, "service?": .service,
                    ])
                ),
                answers: .data(changed, status: 201),
                errors: [ErrorAnswer(400, "NoClientAddress")]
            ),
            .change(
                .delete,
                one,
                .lease,
                .warehouse,
                "releaseLease",
                "End one of the sender's own leases.",
                answers: .data(changed),
                errors: .unknownEntry
            ),
        ]
    }()

    private static let shadows: [Operation] = {
        let path = "/v1/warehouses/{warehouse}/listeners"
        let one = "\(path)/{listener}/shadow"
        let changed = Operation.Answer.data(
            .changed(["listener": .socketAddress, "shadowUntil": .moment.orNull])
        )
        return [
            Operation(
                .get,
                path,
                .read,
                .warehouse,
                "listListeners",
                "List a warehouse's listeners and their shadow mode.",
                answers: .data(.list(of: .listenerOfWarehouse))
            ),
            .change(
                .put,
                one,
                .administer,
                .warehouse,
                "startShadow",
                "Admit and record, for a time, whom no entry of the whitelist matches.",
                body: .json(.body(["until": .expiry])),
                answers: changed,
                errors: [ErrorAnswer(404, "ListenerNotFound")]
            ),
            .change(
                .delete,
                one,
                .administer,
                .warehouse,
                "endShadow",
                "Enforce the whitelist of a listener again.",
                answers: changed,
                errors: [ErrorAnswer(404, "ListenerNotFound")]
            ),
        ]
    }()

    static let groups: [Operation] =
        [
            Operation(
                .get,
                "/v1/groups",
                .read,
                .filtered,
                "listGroups",
                "List groups of entries, which several warehouses can use.",
                query: .page,
                answers: .page(.group)
            ),
            .change(
                .post,
                "/v1/groups",
                .operate,
                .organization,
                "createGroup",
                "Create a group.",
                body: .json(.body(["name": .groupName, "description?": .description])),
                answers: .data(.changed(["group": .group]), status: 201),
                errors: .exists
            ),
            Operation(
                .get,
                "/v1/groups/{group}",
                .read,
                .filtered,
                "getGroup",
                "Show a group.",
                answers: .data(.group),
                errors: .unknownGroup
            ),
            .change(
                .patch,
                "/v1/groups/{group}",
                .operate,
                .organization,
                "changeGroup",
                "Rename or describe a group.",
                body: .json(.body(["name?": .groupName, "description?": .description])),
                answers: .data(.changed(["group": .group])),
                errors: .unknownGroup,
                .exists
            ),
            .change(
                .delete,
                "/v1/groups/{group}",
                .operate,
                .organization,
                "removeGroup",
                "Remove a group that no warehouse uses.",
                answers: .data(.changed([:])),
                errors: .unknownGroup
            ),
        ] + entries(of: "/v1/groups/{group}", .organization, "Group")

    /// The calls for the entries of a warehouse or of a group.
    private static func entries(
        of path: String,
        _ scope: APIRouter.Scope,
        _ owner: String
    ) -> [Operation] {
        let readScope: APIRouter.Scope = scope == .warehouse ? .warehouse : .filtered
        let unknown: [ErrorAnswer] = scope == .warehouse ? [] : .unknownGroup
        return [
            Operation(
                .get,
                "\(path)/entries",
                .read,
                readScope,
                "list\(owner)Entries",
                "List entries.",
                query: .page + [
                    Parameter("list", .example("entries"), "Only this list"),
                    Parameter("source", .address, "Only entries that contain this address"),
                    Parameter("text", .example("office"), "Part of the CIDR or description"),
                ],
                answers: .page(.entry),
                errors: unknown
            ),
            .change(
                .post,
                "\(path)/entries",
                .operate,
                scope,
                "create\(owner)Entry",
                "Add an entry.",
                body: .json(.newEntry),
                answers: .data(.changed(["entry": .entry]), status: 201),
                errors: unknown,
                .duplicateEntry
            ),
            .change(
                .put,
                "\(path)/entries",
                .operate,
                scope,
                "replace\(owner)Entries",
                "Replace one list as a whole.",
                body: .list(
                    .body([
                        "version": .count,
                        "entries": .list(.newEntry, maxCount: EntryLimits.perList),
                        "service?": .service,
                    ])
                ),
                answers: .data(.changed(listChange)),
                errors: unknown,
                .duplicateEntry,
                .stale
            ),
            Operation(
                .get,
                "\(path)/entries/{entry}",
                .read,
                readScope,
                "get\(owner)Entry",
                "Show an entry.",
                answers: .data(.entry),
                errors: unknown,
                .unknownEntry
            ),
            .change(
                .patch,
                "\(path)/entries/{entry}",
                .operate,
                scope,
                "change\(owner)Entry",
                "Change an entry; expiresAt: null removes its expiry.",
                body: .json(
                    .body([
                        "cidr?": .cidr, "action?": .action, "description?": .description,
                        "enabled?": .boolean, "expiresAt?": .moment,
                    ])
                ),
                answers: .data(.changed(["entry": .entry])),
                errors: unknown,
                .unknownEntry,
                .duplicateEntry
            ),
            .change(
                .delete,
                "\(path)/entries/{entry}",
                .operate,
                scope,
                "remove\(owner)Entry",
                "Remove an entry.",
                answers: .data(.changed(["entry": .entry])),
                errors: unknown,
                .unknownEntry
            ),
            .change(
                .post,
                "\(path)/import",
                .operate,
                scope,
                "import\(owner)Entries",
                "Import a list as people keep it in a file; nothing while a line is invalid.",
                body: .list(
                    .body([
                        "text": .example("203.0.113.0/24 office\n"),
                        "mode?": .word(ImportMode.self), "action?": .action,
                        "description?": .description, "expiresAt?": .moment,
                        "service?": .service, "version?": .count,
                    ])
                ),
                answers: .data(.changed(importChange)),
                errors: unknown,
                .duplicateEntry,
                .stale,
                [ErrorAnswer(400, "InvalidList")]
            ),
        ]
    }

    private static let listChange: Schema.Fields = [
        "added": .count, "changed": .count, "removed": .count, "unchanged": .count,
    ]

    private static let importChange: Schema.Fields = [
        "added": .count, "changed": .count, "removed": .count, "kept": .count,
        "unchanged": .count, "errors": .list(of: .lineError),
        "entries": .list(
            .importedEntry,
            maxCount: ImportResult.itemLimit * ImportResult.Outcome.allCases.count
        ),
    ]
}

extension Schema {
    fileprivate static let importedEntry = Schema.named(
        "ImportedEntry",
        .object([
            "outcome": .word(ImportResult.Outcome.self), "entryId?": .entryID,
            "cidr": .example("203.0.113.0/24"), "line?": .integer(1...),
            "differences": .list(of: .word(EntryDifference.self)),
            "listed?": .importedState, "imported?": .importedState,
        ])
    )

    private static let importedState = Schema.named(
        "ImportedState",
        .object([
            "cidr": .example("203.0.113.0/24"), "action": .action, "description": .text,
            "enabled": .boolean, "expiresAt?": .moment,
        ])
    )

    fileprivate static let whitelist = Schema.named(
        "Whitelist",
        .object([
            "warehouseId": .warehouseID, "mode": .mode, "version?": .count,
            "groups": .list(of: .groupName),
            "lists": .list(
                of: .object([
                    "list": .example("entries"), "count": .count, "readOnly": .boolean,
                ])
            ), "warnings": .texts, "hitsSince?": .moment,
        ])
    )

    fileprivate static let whitelistCheck = Schema.named(
        "WhitelistCheck",
        .object([
            "warehouseId": .warehouseID, "version?": .count, "count": .count,
            "unusedDays": .count, "hitsSince?": .moment,
            "findings": .list(
                .object([
                    "kind": .text, "entryId?": .entryID, "list": .example("entries"),
                    "cidr": .example("203.0.113.0/24"), "lastHitAt?": .moment, "message": .text,
                ]),
                maxCount: 1_000
            ), "total": .count,
        ])
    )

    fileprivate static let lease = Schema.named(
        "Lease",
        .object([
            "entryId": .entryID, "warehouseId": .warehouseID, "cidr": .example("203.0.113.7"),
            "service?": .service, "expiresAt?": .moment,
            "outcome?": .word("created", "extended", "alreadyAllowed"),
            "description?": .description, "holder?": .text,
        ])
    )

    fileprivate static let listenerOfWarehouse = Schema.object([
        "listener": .socketAddress, "protocol": .service, "link": .link, "accepted": .count,
        "admitted": .count, "shadowed": .count, "denied": .count, "shadowUntil?": .moment,
    ])

    fileprivate static let entry = Schema.named(
        "Entry",
        .object([
            "entryId?": .entryID, "list": .example("entries"), "cidr": .cidr, "block": .cidr,
            "action": .action, "description?": .description, "enabled": .boolean,
            "expired": .boolean, "expiresAt?": .moment, "editor?": .example("anna"),
            "editedAt?": .moment, "hits?": .count, "lastHitAt?": .moment,
        ])
    )

    fileprivate static let newEntry = Schema.named(
        "NewEntry",
        .body([
            "cidr": .cidr, "action?": .action, "description?": .description,
            "enabled?": .boolean, "expiresAt?": .moment, "service?": .service,
        ])
    )

    fileprivate static let group = Schema.named(
        "Group",
        .object([
            "name": .groupName, "description?": .description, "count": .count, "version": .count,
            "warehouses": .warehouseIDs,
        ])
    )
}
