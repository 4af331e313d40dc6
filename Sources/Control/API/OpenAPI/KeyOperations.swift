import HTTPTypes
import Store

/// Keys, and who a key is.
extension APIDocument {
    static let keys: [Operation] = [
        Operation(
            .get,
            "/v1/me",
            .identify,
            .filtered,
            "whoAmI",
            "Show whose request this is, and what it may do.",
            answers: .data(
                .object([
                    "kind": .word("key", "account", "local"), "name": .text, "keyId?": .keyID,
                    "accountId?": .text, "loginId?": .text, "role": .role,
                    "warehouses?": .warehouseIDs, "address?": .address, "expiresAt?": .moment,
                    "mustDo?": .word("changePassword", "setUpSecondFactor"),
                ])
            )
        ),
        Operation(
            .get,
            "/v1/keys",
            .administer,
            .organization,
            "listKeys",
            "List keys.",
            query: .page,
            answers: .page(.key),
            errors: .noStore
        ),
        .change(
            .post,
            "/v1/keys",
            .administer,
            .organization,
            "createKey",
            "Create a key; its secret is answered once.",
            body: .json(
                .body([
                    "name": .keyName, "role": .role, "warehouses?": .warehouseIDs,
                    "expiresAt?": .expiry, "allowedSources?": .list(.cidr, maxCount: 256),
                ])
            ),
            answers: .data(
                .changed([
                    "key": .key, "secret?": .example("sk-… (43 letters and digits)"),
                ]),
                status: 201
            ),
            errors: .exists,
            .unknownWarehouse
        ),
        Operation(
            .get,
            "/v1/keys/{key}",
            .administer,
            .organization,
            "getKey",
            "Show a key.",
            answers: .data(.key),
            errors: .noStore,
            .unknownKey
        ),
        .change(
            .patch,
            "/v1/keys/{key}",
            .administer,
            .organization,
            "changeKey",
            "Change a key; null means all warehouses, and no expiry.",
            body: .json(
                .body([
                    "name?": .keyName, "role?": .role, "warehouses?": .warehouseIDs,
                    "enabled?": .boolean, "expiresAt?": .expiry,
                    "allowedSources?": .list(.cidr, maxCount: 256),
                ])
            ),
            answers: .data(.changed(["key": .key])),
            errors: .unknownKey,
            .exists,
            .unknownWarehouse
        ),
        .change(
            .delete,
            "/v1/keys/{key}",
            .administer,
            .organization,
            "removeKey",
            "Remove a key.",
            answers: .data(.changed(["key": .key])),
            errors: .unknownKey
        ),
    ]
}

extension Schema {
    fileprivate static let keyName = Schema.text(1...128, example: "terraform")

    fileprivate static let key = Schema.named(
        "Key",
        .object([
            "keyId": .keyID, "name": .keyName, "maskedKey": .example("sk-b****V59R"),
            "role": .role, "warehouses?": .warehouseIDs, "enabled": .boolean,
            "status": .word("enabled", "disabled", "expired"), "createdAt": .moment,
            "createdBy": .text, "expiresAt?": .moment, "lastUsedAt?": .moment,
            "lastUsedFrom?": .text, "allowedSources": .list(of: .cidr),
        ])
    )
}
