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
                answers: .data(.whitelist)
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
        ] + entries(of: "/v1/warehouses/{warehouse}/whitelist", .warehouse, "")

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
                        "mode?": .word("add", "replace"), "action?": .action,
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
        "added": .count, "changed": .count, "removed": .count, "unchanged": .count,
        "errors": .list(of: .lineError),
    ]
}

extension Schema {
    fileprivate static let whitelist = Schema.named(
        "Whitelist",
        .object([
            "warehouseId": .warehouseID, "mode": .mode, "version?": .count,
            "groups": .list(of: .groupName),
            "lists": .list(
                of: .object([
                    "list": .example("entries"), "count": .count, "readOnly": .boolean,
                ])
            ), "warnings": .texts,
        ])
    )

    fileprivate static let entry = Schema.named(
        "Entry",
        .object([
            "entryId?": .entryID, "list": .example("entries"), "cidr": .cidr, "block": .cidr,
            "action": .action, "description": .description, "enabled": .boolean,
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
            "name": .groupName, "description": .description, "count": .count, "version": .count,
            "warehouses": .warehouseIDs,
        ])
    )
}
