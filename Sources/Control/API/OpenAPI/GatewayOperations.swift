import HTTPTypes
import Operations
import Settings
import Store
import Text
import Traffic

/// The gateway itself: health, metrics, status, backends.
extension APIDocument {
    static let gateway: [Operation] = [
        Operation(
            .get,
            "/",
            nil,
            .filtered,
            "index",
            "List what this address answers.",
            answers: .content(type: "text/plain; charset=utf-8", .text)
        ),
        Operation(
            .get,
            "/healthz",
            nil,
            .filtered,
            "isAlive",
            "Answer while the process runs.",
            answers: .content(type: "text/plain", .constant("ok\n"))
        ),
        Operation(
            .get,
            "/readyz",
            nil,
            .filtered,
            "isReady",
            "Tell a load balancer whether the gateway accepts connections.",
            query: [
                Parameter(
                    "warehouse",
                    .warehouseID,
                    "Also whether each listener of this warehouse has a healthy backend"
                )
            ],
            answers: .content(type: "text/plain", .text, isAlsoUnavailable: true),
            errors: .unknownWarehouse
        ),
        Operation(
            .get,
            "/metrics",
            .read,
            .organization,
            "metrics",
            "Show metrics for Prometheus. Needs no key on a loopback address.",
            answers: .content(type: "text/plain; version=0.0.4; charset=utf-8", .text)
        ).withOptionalKey,
        Operation(
            .get,
            path,
            nil,
            .filtered,
            "describeAPI",
            "Return this document.",
            answers: .content(type: "application/json", .map(.anything))
        ),
        Operation(
            .get,
            "/v1/status",
            .read,
            .filtered,
            "getStatus",
            "Show the gateway's state: workers, listeners, backends and their counters.",
            answers: .data(.status)
        ),
        Operation(
            .post,
            "/v1/reload",
            .administer,
            .organization,
            "reload",
            "Read the configuration again, wait, and tell what has changed.",
            answers: .data(.reload),
            errors: [ErrorAnswer(409, "ReloadRejected"), ErrorAnswer(429, "RateLimitExceeded")],
            .notSupported
        ),
        Operation(
            .get,
            "/v1/dns/zone",
            .read,
            .organization,
            "getZone",
            "Show the zone of the gateway's domain.",
            answers: .data(
                .object([
                    "domain": .example("gw.example.com"), "serial": .count,
                    "records": .list(
                        of: .object([
                            "name": .example("awva7cm7.gw.example.com"), "ttl": .count,
                            "type": .example("A"), "data": .example("198.51.100.10"),
                        ])
                    ), "file": .text,
                ])
            ),
            errors: [ErrorAnswer(404, "NoNames")]
        ),
        Operation(
            .post,
            "/v1/dns/update",
            .operate,
            .organization,
            "updateNameServer",
            "Send all names to the other name server now, and wait for its answer.",
            answers: .data(.object(["server": .text, "nameCount": .count])),
            errors: [ErrorAnswer(404, "NoNames"), ErrorAnswer(503, "NameServerFailed")]
        ),
        Operation(
            .get,
            "/v1/events",
            .read,
            .filtered,
            "streamEvents",
            "Send what happens, as server-sent events, until the client or the gateway ends.",
            query: [
                Parameter("types", .example("denials,changes"), "Only these types of events"),
                Parameter("warehouse", .warehouseID, "Only this warehouse"),
            ],
            answers: .content(type: "text/event-stream", .text),
            errors: .unknownWarehouse,
            .noStore,
            [
                ErrorAnswer(429, "TooManyStreams"), ErrorAnswer(503, "TooManyStreams"),
                ErrorAnswer(503, "Stopping"),
            ]
        ),
        Operation(
            .get,
            "/v1/certificates",
            .read,
            .filtered,
            "listCertificates",
            "List the certificates that clients are shown.",
            query: [
                Parameter(
                    "name",
                    .example("awva7cm7.gw.example"),
                    "Only what each listener shows to clients that ask for this host name"
                )
            ],
            answers: .data(
                .object([
                    "certificates": .list(of: .servedCertificate),
                    "managed": .list(of: .managedCertificate),
                ])
            )
        ),
        Operation(
            .get,
            "/v1/counts",
            .read,
            .filtered,
            "getCounts",
            "Show what was counted in each minute of the last 24 hours.",
            query: [
                Parameter("warehouse", .warehouseID, "Only this warehouse"),
                Parameter("since", .example("6h"), "A duration or an RFC 3339 time"),
                Parameter("step", .example("5m"), "Whole minutes that are counted together"),
            ],
            answers: .data(.counts),
            errors: .unknownWarehouse
        ),
        Operation(
            .get,
            "/v1/backends",
            .read,
            .filtered,
            "listBackends",
            "List backends with health, mode and connections.",
            query: backendFilter,
            answers: .data(.backends),
            errors: backendErrors
        ),
        Operation(
            .put,
            "/v1/backends",
            .operate,
            .filtered,
            "setBackendMode",
            "Set whether a backend gets connections.",
            query: backendFilter + [
                Parameter("mode", .word(BackendModeChoice.self), "The mode", isRequired: true)
            ],
            answers: .data(.backends),
            errors: backendErrors,
            [ErrorAnswer(400, "FilterRequired")]
        ),
    ]

    private static let backendFilter = [
        Parameter("backend", .example("10.0.0.5:9030"), "As configured, or as resolved"),
        Parameter("warehouse", .warehouseID, "Only backends of this warehouse"),
        Parameter("protocol", .service, "Only backends of services with this protocol"),
    ]

    private static let backendErrors = [
        ErrorAnswer(400, "InvalidFilter"), ErrorAnswer(404, "WarehouseNotFound"),
        ErrorAnswer(404, "BackendNotFound"),
    ]
}

extension Schema {
    static let backend = Schema.named(
        "Backend",
        .object([
            "name": .example("fe-1.internal:9030"), "address?": .example("10.0.0.5:9030"),
            "listener?": .socketAddress,
            "health": .word("notChecked", "healthy", "unhealthy", "unresolved"),
            "mode": .word(BackendMode.self), "isModeChosen": .boolean, "weight": .integer(1...256),
            "isBackup": .boolean, "isRedirectTarget?": .boolean, "activeConnections": .count,
            "connections": .count,
            "connectFailures": .count, "lastFailure?": .text, "lastFailureAt?": .moment,
            "shortcomings": .list(of: .text),
        ])
    )

    static let backends = Schema.object([
        "backends": .list(
            of: .object([
                "warehouse": .warehouseID, "protocol": .service, "backend": .backend,
            ])
        )
    ])

    fileprivate static let certificate = Schema.object([
        "fingerprint": .text, "expiresAt": .moment, "isSelfSigned": .boolean,
    ])

    fileprivate static let reload: Schema = {
        let names = Schema.object(["added": .texts, "removed": .texts, "changed": .texts])
        let counts = Schema.object(["before": .count, "after": .count])
        return .object([
            "generation": counts, "listeners": names, "warehouses": names, "entries": counts,
            "settings": .texts,
            "certificate?": certificate,
            "awaitingRestart": .texts, "warnings": .texts,
        ])
    }()

    fileprivate static let counts: Schema = {
        let numbers = Schema.list(of: .count)
        return .object([
            "since?": .moment, "stepSeconds": .count, "steps": .count,
            "series": .list(
                of: .object([
                    "warehouse?": .warehouseID, "link": .link, "protocol": .service,
                    "accepted": numbers, "admitted": numbers, "denied": numbers,
                    "closed": numbers, "bytesIn": numbers, "bytesOut": numbers,
                    "active": numbers, "deniedBy": .map(numbers),
                ])
            ), "omittedSeries": .count,
        ])
    }()

    static let status = Schema.named(
        "Status",
        .object([
            "version": .example("0.1.0"), "phase": .word("starting", "running", "draining"),
            "startedAt": .moment, "generation": .count, "activeConnections": .count,
            "shards": .list(of: .worker), "listeners": .list(of: .listener),
            "droppedAccessLogLines": .count, "accessLogFailure?": .text,
            "lastReload?": .object([
                "attemptedAt": .moment, "failure?": .text, "succeededAt?": .moment,
            ]),
            "policy?": .policyStatus, "startSettings": .map(.text), "awaitingRestart": .texts,
            "unloggedDenials": .count, "acceptPauses": .count, "bufferedByteCount": .count,
            "managementCertificate?": certificate, "names?": names, "tls": tls,
        ])
    )

    private static let tls = Schema.object([
        "started": .count, "full": .count, "resumed": .count, "tls12": .count,
        "failures": .map(.count), "certificates": .list(of: shownCertificate),
    ])

    private static let names = Schema.object([
        "domain": .example("gw.example.com"), "serial": .count, "nameCount": .count,
        "listening": .texts, "listenFailure?": .text, "answered": .count, "limited": .count,
        "updates?": .object([
            "server": .text, "succeeded": .count, "failed": .count, "lastSuccessAt?": .moment,
            "failure?": .text, "failingSince?": .moment,
        ]),
    ])

    private static let worker = Schema.object([
        "activeConnections": .count, "bytesIn": .count, "bytesOut": .count, "wakeups": .count,
    ])

    private static let listener = Schema.named(
        "Listener",
        .object([
            "warehouse?": .warehouseID, "address": .example("0.0.0.0:9030"),
            "failure?": .text, "protocol": .service, "link": .link,
            "tls": .word(ListenerTLSUse.self), "http?": http, "routes": .texts,
            "activeConnections": .count,
            "accepted": .count, "admitted": .count, "shadowed": .count, "shadowUntil?": .moment,
            "denied": .map(.count), "ends": .map(.count),
            "bytesIn": .count, "bytesOut": .count, "backends": .list(of: .backend),
            "redirectTargets?": .list(of: .backend), "redirectLearning?": redirectLearning,
        ])
    )

    private static let redirectLearning = Schema.object([
        "listener?": .socketAddress, "count": .count, "failure?": .text, "failingSince?": .moment,
    ])

    private static let http = Schema.object([
        "mode": .word(HTTPTerms.Mode.self), "requests": .map(.map(.count)), "loads": .map(.count),
        "loadBytes": .count, "hops": .count, "hopMs": .count, "requestMs": .count,
        "redirectsFollowed": .count, "redirectsRefused": .count,
    ])

    private static let policyStatus = Schema.object([
        "source": .text, "revision": .count, "since": .moment, "isRestored": .boolean,
        "rejection?": .object(["revision?": .count, "reason": .text, "at": .moment]),
        "saveFailure?": .text, "storeFailure?": .text,
    ])
}

extension Schema {
    /// A certificate at one listener.
    fileprivate static let servedCertificate = Schema.object([
        "daysLeft": .integer(-100_000...100_000),
        "choice?": .word(CertificateList.Choice.self),
        "certificate": shownCertificate,
    ])

    /// A certificate that is obtained by ACME.
    fileprivate static let managedCertificate = Schema.object([
        "names": .texts, "challenge": .word("http-01", "tls-alpn-01", "dns-01"),
        "state": .word(ManagedCertificate.State.self), "isOrdered": .boolean,
        "fingerprint?": .text, "expiresAt?": .moment, "renewsAt?": .moment,
        "nextAttemptAt?": .moment, "failures": .count, "lastError?": .text,
        "lastErrorAt?": .moment, "remedy?": .text,
    ])

    fileprivate static let shownCertificate = Schema.object([
        "listener": .example("0.0.0.0:9030"), "names": .texts, "isDefault": .boolean,
        "fingerprint": .text, "subject": .text, "issuer": .text, "keyAlgorithm": .text,
        "notBefore": .moment, "expiresAt": .moment,
    ])
}
