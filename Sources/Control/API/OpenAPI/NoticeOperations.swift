import HTTPTypes
import Operations
import Store

/// What a person should hear of, and where it is sent to.
extension APIDocument {
    static let notices: [Operation] = [
        Operation(
            .get,
            "/v1/notices",
            .read,
            .filtered,
            "listNotices",
            "List the notices that stand, and those that have ended recently.",
            query: [Parameter("warehouse", .warehouseID, "Only those of this warehouse")],
            answers: .data(
                .object(["standing": .list(of: .notice), "recent": .list(of: .notice)])
            ),
            errors: .unknownWarehouse
        ),
        Operation(
            .get,
            "/v1/webhooks",
            .administer,
            .organization,
            "listWebhooks",
            "List webhooks.",
            query: .page,
            answers: .page(.webhook),
            errors: .noStore
        ),
        .change(
            .post,
            "/v1/webhooks",
            .administer,
            .organization,
            "createWebhook",
            "Create a webhook; its secret is answered once.",
            body: .json(
                .body([
                    "name": .webhookName, "url": .receiverURL, "kinds?": .noticeKinds,
                    "warehouses?": .warehouseIDs,
                ])
            ),
            answers: .data(.withSecret, status: 201),
            errors: .exists,
            .unknownWarehouse
        ),
        Operation(
            .get,
            "/v1/webhooks/{webhook}",
            .administer,
            .organization,
            "getWebhook",
            "Show a webhook.",
            answers: .data(.webhook),
            errors: .noStore,
            .unknownWebhook
        ),
        .change(
            .patch,
            "/v1/webhooks/{webhook}",
            .administer,
            .organization,
            "changeWebhook",
            "Change a webhook; null means all kinds, and all warehouses.",
            body: .json(
                .body([
                    "name?": .webhookName, "url?": .receiverURL, "kinds?": .noticeKinds,
                    "warehouses?": .warehouseIDs, "enabled?": .boolean,
                ])
            ),
            answers: .data(.changed(["webhook": .webhook])),
            errors: .unknownWebhook,
            .exists,
            .unknownWarehouse
        ),
        .change(
            .delete,
            "/v1/webhooks/{webhook}",
            .administer,
            .organization,
            "removeWebhook",
            "Remove a webhook, and forget what waits for it.",
            answers: .data(.changed(["webhook": .webhook])),
            errors: .unknownWebhook
        ),
        .change(
            .post,
            "/v1/webhooks/{webhook}/rotate",
            .administer,
            .organization,
            "rotateWebhookSecret",
            "Give a webhook another secret, which is answered once.",
            answers: .data(.withSecret),
            errors: .unknownWebhook
        ),
        Operation(
            .post,
            "/v1/webhooks/{webhook}/test",
            .administer,
            .organization,
            "testWebhook",
            "Send a test now, and tell what came of it.",
            answers: .data(.attempt),
            errors: .noStore,
            .unknownWebhook,
            [ErrorAnswer(429, "RateLimitExceeded"), ErrorAnswer(413, "PayloadTooLarge")]
        ),
        Operation(
            .get,
            "/v1/webhooks/{webhook}/deliveries",
            .administer,
            .organization,
            "listDeliveries",
            "List the last attempts to deliver to a webhook, since the gateway's start.",
            answers: .data(
                .object([
                    "waiting": .count, "delivered": .count, "abandoned": .count,
                    "superseded": .count, "dropped": .count,
                    "attempts": .list(.attempt, maxCount: WebhookSender.attemptLimit),
                ])
            ),
            errors: .noStore,
            .unknownWebhook
        ),
    ]
}

extension Schema {
    fileprivate static let webhookName = Schema.text(1...128, example: "on-call")
    fileprivate static let receiverURL = Schema.text(
        1...ReceiverURL.byteLimit,
        example: "https://alerts.example.com/sluice"
    )
    fileprivate static let noticeKind = Schema.word(NoticeKind.self)
    fileprivate static let noticeKinds = Schema.list(
        .words(NoticeKind.allCases.filter { $0 != .test }.map(\.rawValue)),
        maxCount: nil
    )

    fileprivate static let webhook = Schema.named(
        "Webhook",
        .object([
            "webhookId": .keyID, "name": .webhookName, "url": .receiverURL,
            "kinds?": .noticeKinds, "warehouses?": .warehouseIDs, "enabled": .boolean,
            "createdAt": .moment, "createdBy": .text, "secretSince": .moment,
        ])
    )

    fileprivate static let withSecret = Schema.changed([
        "webhook": .webhook, "secret?": .example("wh-… (43 letters and digits)"),
    ])

    fileprivate static let notice = Schema.named(
        "Notice",
        .object([
            "id": .example("9f86d081884c7d65"),
            "key": .example("backendDown AWVA7CM7 mysql 10.0.0.5:9030"), "kind": .noticeKind,
            "severity": .word(NoticeSeverity.self), "warehouse?": .warehouseID,
            "subject": .text, "sentence": .text, "at": .moment, "endedAt?": .moment,
        ])
    )

    fileprivate static let attempt = Schema.named(
        "DeliveryAttempt",
        .object([
            "at": .moment, "deliveryId": .text, "kind": .noticeKind,
            "event": .word(NoticeChange.Event.self), "attempt": .integer(1...),
            "delivered": .boolean, "status?": .integer(100...999), "error?": .text,
            "durationMs": .count,
        ])
    )
}
