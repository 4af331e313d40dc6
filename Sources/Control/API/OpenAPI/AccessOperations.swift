import HTTPTypes
import Operations
import Policy
import Settings
import Store
import Traffic

/// Who is connected, who was denied, and why.
extension APIDocument {
    static let access: [Operation] = [
        Operation(
            .get,
            "/v1/sessions",
            .read,
            .filtered,
            "listSessions",
            "List running sessions, oldest first.",
            query: sessionFilter,
            answers: .data(.object(["sessions": .list(of: .session), "total": .count])),
            errors: .filter
        ),
        Operation(
            .delete,
            "/v1/sessions",
            .operate,
            .filtered,
            "closeSessions",
            "Close the sessions that match; needs a filter, or all=true.",
            query: sessionFilter + [Parameter("all", .boolean, "Close every session")],
            answers: .data(
                .object([
                    "closed": .count, "remaining": .count, "sessions": .list(of: .session),
                ])
            ),
            errors: .filter,
            [ErrorAnswer(400, "FilterRequired")]
        ),
        Operation(
            .get,
            "/v1/denials",
            .read,
            .filtered,
            "listDenials",
            "List recently denied clients and why, latest first.",
            query: [
                limit, Parameter("warehouse", .warehouseID, "Only this warehouse"),
                Parameter("unrouted", .boolean, "Only clients that reached no warehouse"),
                Parameter("listener", .example("0.0.0.0:9030"), "Only this listener"),
                Parameter("source", .cidr, "Only sources that share an address with it"),
                Parameter("endpoint", .example("aws:vpce-0123456789abcdef0"), "Only this endpoint"),
                Parameter("reason", .word(DenialReason.self), "Only this reason"),
                Parameter("since", .example("10m"), "A duration or an RFC 3339 time"),
            ],
            answers: .data(
                .object(["denials": .list(of: .denial), "total": .count, "forgotten": .count])
            ),
            errors: .filter
        ),
        Operation(
            .get,
            "/v1/endpoints",
            .read,
            .filtered,
            "listSeenEndpoints",
            "List private endpoints, those that no warehouse knows included.",
            answers: .data(
                .object([
                    "endpoints": .list(of: .endpointStatus), "unknown": .list(of: .seenEndpoint),
                ])
            )
        ),
        Operation(
            .get,
            "/v1/explain",
            .read,
            .filtered,
            "explainAccess",
            "Explain whether each listener of a warehouse would admit a client, and where it leads"
                + " the client.",
            query: [
                Parameter(
                    "warehouse",
                    .warehouseID,
                    "The warehouse; may be missing if the client says where it wants to go and the"
                        + " caller may use all warehouses: then the answer is about all listeners"
                ),
                Parameter("source", .address, "The client's address", isRequired: true),
                Parameter(
                    "endpoint",
                    .example("aws:vpce-0123456789abcdef0"),
                    "The endpoint it comes through"
                ),
                Parameter(
                    "serverName",
                    .example("sales.gw.example"),
                    "The name in its ClientHello"
                ),
                Parameter("host", .example("sales.gw.example"), "The host of its HTTP request"),
                Parameter(
                    "user",
                    .example("demo@SALES"),
                    "The user of its MySQL login, with the suffix"
                ),
                Parameter("database", .example("sales"), "The database of its MySQL login"),
                Parameter(
                    "attribute",
                    .example("sales"),
                    "The value of the connection attribute that the listener looks at"
                ),
            ],
            answers: .data(.list(of: .explanation)),
            errors: .unknownWarehouse,
            [ErrorAnswer(400, "UnknownEndpoint")]
        ),
    ]

    private static let limit = Parameter(
        "limit",
        .integer(0...100_000),
        "Maximum number of elements (default 1000)"
    )

    private static let sessionFilter = [
        limit, Parameter("connection", .count, "Only this connection"),
        Parameter("warehouse", .warehouseID, "Only this warehouse"),
        Parameter("listener", .example("0.0.0.0:9030"), "Only this listener"),
        Parameter("link", .link, "Only this kind of link"),
        Parameter("source", .cidr, "Only clients in this block"),
        Parameter("endpoint", .example("aws:vpce-0123456789abcdef0"), "Only this endpoint"),
        Parameter("backend", .example("10.0.0.5:9030"), "Only this backend"),
        Parameter("idle", .example("10m"), "Without a byte for this long"),
    ]
}

extension Schema {
    static let session = Schema.named(
        "Session",
        .object([
            "connection": .count, "warehouse": .warehouseID, "listener": .socketAddress,
            "protocol": .service, "link": .link, "peer": .socketAddress, "client": .socketAddress,
            "introducedBy": .list(of: .address), "endpoint?": .endpointName, "rule?": .cidr,
            "backend?": .socketAddress, "startedAt": .moment, "durationMilliseconds": .count,
            "idleMilliseconds": .count, "bytesIn": .count, "bytesOut": .count,
        ])
    )

    fileprivate static let denial = Schema.named(
        "Denial",
        .object([
            "warehouse?": .warehouseID, "listener": .socketAddress, "source": .cidr,
            "endpoint?": .endpointName, "reason": .word(DenialReason.self),
            "shadow?": .boolean, "rule?": .cidr, "detail": .text, "count": .count,
            "firstSeen": .moment, "lastSeen": .moment,
        ])
    )

    fileprivate static let endpointStatus = Schema.object([
        "warehouse": .warehouseID, "endpoint": .endpointName, "state": .endpointState,
        "word": .text, "description": .text, "host?": .text,
        "zonalHosts?": .texts, "listeners": .texts,
        "activeConnections": .count, "connectionLimit": .count,
    ])

    fileprivate static let seenEndpoint = Schema.object([
        "warehouse?": .warehouseID, "endpoint": .endpointName, "firstSeen": .moment,
        "lastSeen": .moment, "count": .count, "clients": .list(of: .address),
    ])

    fileprivate static let explanation = Schema.named(
        "Explanation",
        .object([
            "listener": .socketAddress, "protocol": .service, "link": .link,
            "verdict": .word("allow", "deny"), "reason?": .word(DenialReason.self),
            "shadow?": .word(DenialReason.self), "message?": .text, "rule?": .cidr,
            "description?": .text, "expires?": .moment,
            "expired?": .object([
                "rule": .cidr, "action": .action, "description?": .text, "expiredAt": .moment,
            ]),
            "endpoint?": .endpointName, "requiresHeader": .boolean,
            "tls": .word(ListenerTLSUse.self), "http?": .word(HTTPTerms.Mode.self),
            "warehouse?": .warehouseID, "route?": .text,
            "leadsTo?": .warehouseID,
        ])
    )
}
