import HTTPTypes
import Operations
import Store

/// The calls of the managed warehouse's own API.
extension APIDocument {
    static let warehouses: [Operation] =
        [
            Operation(
                .get,
                "/v1/warehouses",
                .read,
                .filtered,
                "listWarehouses",
                "List warehouses.",
                query: .page + [
                    Parameter("warehouseId", .warehouseID, "Only this one"),
                    Parameter("name", .text, "Part of the name"),
                    Parameter("keyword", .text, "Part of the name or id"),
                    Parameter("cloudProvider", .provider, "Only in this cloud"),
                    Parameter("region", .region, "Only in this region"),
                    Parameter("deploymentMode", .text, "Only with this mode"),
                ],
                answers: .page(.warehouse)
            ),
            Operation(
                .get,
                "/v1/warehouses/{warehouse}",
                .read,
                .warehouse,
                "getWarehouse",
                "Show a warehouse.",
                answers: .data(.warehouse)
            ),
            Operation(
                .get,
                "/v1/warehouses/{warehouse}/versions",
                .read,
                .warehouse,
                "listVersions",
                "Always empty: the gateway does not know the warehouse's version.",
                answers: .data(.list(.text, maxCount: 0))
            ),
            Operation(
                .get,
                "/v1/warehouses/{warehouse}/clusters",
                .read,
                .warehouse,
                "listClusters",
                "List the backends of each protocol as a cluster.",
                query: .page + [
                    Parameter("clusterId", .text, "Only this one"),
                    Parameter("clusterName", .text, "Part of the name"),
                    Parameter("keyword", .text, "Ignored"),
                    Parameter("status", .text, "Only with this status"),
                    Parameter("clusterType", .text, "Only of this type"),
                ],
                answers: .page(.cluster)
            ),
            Operation(
                .get,
                "/v1/warehouses/{warehouse}/clusters/{cluster}",
                .read,
                .warehouse,
                "getCluster",
                "Show a cluster.",
                answers: .data(.cluster),
                errors: [ErrorAnswer(404, "ClusterNotFound")]
            ),
            Operation(
                .get,
                "/v1/organization",
                .read,
                .filtered,
                "getOrganization",
                "Show the organization: the gateway.",
                answers: .data(.object(["organizationId": .text, "organizationName": .text]))
            ),
            Operation(
                .get,
                "/v1/cloud-providers/{provider}/regions",
                .read,
                .filtered,
                "listRegions",
                "List the regions in which there are warehouses.",
                query: [Parameter("deploymentMode", .text, "Ignored")],
                answers: .data(.list(of: .regionView))
            ),
            .change(
                .post,
                "/v1/warehouses",
                .operate,
                .organization,
                "createWarehouse",
                "Not supported: a gateway owns no warehouses.",
                query: [],
                answers: .never,
                errors: .notSupported
            ),
            Operation(
                .post,
                "/v1/warehouses/{warehouse}/settings/password",
                .administer,
                .warehouse,
                "setPassword",
                "Set the password of the warehouse's administrator.",
                body: .json(
                    .body([
                        "newPassword": .text(
                            AdminPasswordChange.byteCounts,
                            example: "correct horse battery staple"
                        )
                    ])
                ),
                answers: .data(
                    .object(["passwordFileUpdated": .boolean, "warnings": .texts])
                ),
                errors: .notSupported,
                [
                    ErrorAnswer(409, "OperationConflict"),
                    ErrorAnswer(429, "RateLimitExceeded"),
                    ErrorAnswer(503, "BackendUnavailable"),
                ]
            ),
        ] + unsupported

    /// Calls that always fail.
    private static let unsupported: [Operation] = {
        let one = "/v1/warehouses/{warehouse}"
        let cluster = "\(one)/clusters/{cluster}"
        return [
            notSupported(.patch, one, "changeWarehouse"),
            notSupported(.delete, one, "removeWarehouse"),
            notSupported(.post, "\(one)/settings/upgrade", "upgradeWarehouse"),
            notSupported(.post, "\(one)/clusters", "createCluster"),
            notSupported(.patch, cluster, "changeCluster"),
            notSupported(.delete, cluster, "removeCluster"),
            notSupported(.post, "\(cluster)/pause", "pauseCluster"),
            notSupported(.post, "\(cluster)/resume", "resumeCluster"),
            notSupported(.post, "\(cluster)/reboot", "rebootCluster"),
        ]
    }()

    private static func notSupported(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ id: String
    ) -> Operation {
        Operation(
            method,
            path,
            .operate,
            .warehouse,
            id,
            "Not supported: a gateway owns no warehouses.",
            answers: .never,
            errors: .notSupported
        )
    }

    static let connections: [Operation] =
        connectionCalls + exampleCalls + endpointCalls + outboundCalls

    private static let exampleCalls: [Operation] = [
        Operation(
            .get,
            "/v1/egress-addresses",
            .read,
            .filtered,
            "listEgressAddresses",
            "List the addresses from which the gateway connects to backends.",
            answers: .data(
                .object([
                    "warehouses": .list(
                        of: .object([
                            "warehouseId": .warehouseID,
                            "addresses": .list(of: .egressAddress), "unknown": .texts,
                        ])
                    )
                ])
            )
        ),
        Operation(
            .get,
            "/v1/warehouses/{warehouse}/connection-examples",
            .read,
            .warehouse,
            "getConnectionExamples",
            "Show how clients connect, ready to paste.",
            query: [
                Parameter("link", .word("public", "private"), "Which link (default public)"),
                Parameter(
                    "endpoint",
                    .example("aws:vpce-0123456789abcdef0"),
                    "The endpoint of the private link; required if there are several"
                ),
                Parameter("user", .text(0...128, example: "admin"), "Who logs in"),
                Parameter("database", .text(0...128, example: "sales"), "The default database"),
                Parameter(
                    "authority",
                    .text(0...128, example: "ca.pem"),
                    "The file with the certificate's authority that clients are given, or system for"
                        + " the authorities that they trust anyway"
                ),
            ],
            answers: .data(
                .object([
                    "warehouseId": .warehouseID, "link": .word("public", "private"),
                    "endpoint?": .text, "host": .text, "mysqlPort?": .port, "httpPort?": .port,
                    "tcpPort?": .port, "user": .text, "passwordCanBeSet": .boolean,
                    "examples": .list(of: .connectionExample),
                    "unavailable": .list(
                        of: .object(["client": .text, "title": .text, "reason": .text])
                    ),
                ])
            ),
            errors: .unknownEndpoint
        ),
        Operation(
            .get,
            "/v1/warehouses/{warehouse}/terraform",
            .read,
            .warehouse,
            "getTerraform",
            "Show Terraform configuration for the warehouse, ready to paste.",
            answers: .data(
                .object([
                    "warehouseId": .warehouseID, "examples": .list(of: .connectionExample),
                ])
            )
        ),
    ]

    private static let connectionCalls: [Operation] = {
        let path = "/v1/warehouses/{warehouse}/connections"
        return [
            Operation(
                .get,
                path,
                .read,
                .warehouse,
                "getConnections",
                "Show where a warehouse is reached.",
                answers: .data(.connections)
            ),
            Operation(
                .get,
                "\(path)/public",
                .read,
                .warehouse,
                "getPublicConnection",
                "Show a warehouse's public link.",
                answers: .data(.publicConnection)
            ),
            Operation(
                .get,
                "\(path)/public/access-policy",
                .read,
                .warehouse,
                "getAccessPolicy",
                "Show which clients the public link admits.",
                answers: .data(.accessPolicy)
            ),
            .change(
                .patch,
                "\(path)/public/access-policy",
                .operate,
                .warehouse,
                "setAccessPolicy",
                "Set which clients the public link admits.",
                query: [],
                body: .list(
                    .body([
                        "publicAccessPolicy": .accessMode,
                        "rules?": .list(
                            of: .body(["cidr": .cidr, "description?": .description])
                        ),
                    ])
                ),
                answers: .empty,
                errors: .duplicateEntry
            ),
            Operation(
                .get,
                "\(path)/private",
                .read,
                .warehouse,
                "getPrivateConnection",
                "Show a warehouse's private links (older clients).",
                answers: .data(.privateConnection)
            ),
        ]
    }()

    private static let endpointCalls: [Operation] = [
        .change(
            .put,
            "/v1/warehouses/{warehouse}/connections/private/endpoints/{endpoint}",
            .operate,
            .warehouse,
            "setEndpointMetadata",
            "Change what is known about an endpoint (older clients).",
            query: [],
            body: .json(.body(["dnsName?": .dnsName, "description?": .description])),
            answers: .empty,
            errors: .unknownEndpoint
        ),
        .change(
            .post,
            EndpointRoutes.path,
            .operate,
            .warehouse,
            "registerEndpoint",
            "Register an endpoint, which accepts it.",
            query: [],
            body: .json(
                .body([
                    "endpointId": .endpointID, "dnsName?": .dnsName,
                    "description?": .description,
                ])
            ),
            answers: .data(.object(["endpointId": .endpointID, "status": .example("available")]))
        ),
        .change(
            .delete,
            EndpointRoutes.path,
            .operate,
            .warehouse,
            "deregisterEndpoint",
            "Remove an endpoint, named in the query or the body.",
            query: [Parameter("endpointId", .endpointID, "The endpoint")],
            body: .optional(.body(["endpointId": .endpointID])),
            answers: .empty,
            errors: .unknownEndpoint
        ),
    ]

    private static let outboundCalls: [Operation] = {
        let path = "/v1/private-link/endpoint-services"
        return [
            Operation(
                .get,
                path,
                .read,
                .filtered,
                "listOutboundServices",
                "List the services that warehouses may reach; not paged.",
                query: [
                    Parameter("cloudProvider", .provider, "Only in this cloud"),
                    Parameter("region", .region, "Only in this region"),
                ],
                answers: .data(.list(.outboundService, maxCount: 1_000))
            ),
            .change(
                .post,
                path,
                .operate,
                .organization,
                "registerOutboundService",
                "Register a service in your own network.",
                query: [],
                body: .json(
                    .body([
                        "cloudProvider": .words(Contract.providers.sorted()),
                        "region": .name, "zone?": .text, "endpointServiceId": .name,
                        "endpointServiceName": .name, "providerAccountId?": .text,
                        "description?": .description,
                    ])
                ),
                answers: .empty,
                errors: .exists
            ),
            Operation(
                .get,
                "\(path)/**",
                .read,
                .filtered,
                "getOutboundService",
                "Show a service of your own network.",
                answers: .data(.outboundService),
                errors: .unknownService
            ),
            .change(
                .patch,
                "\(path)/**",
                .operate,
                .organization,
                "changeOutboundService",
                "Describe a service of your own network.",
                query: [],
                body: .json(.body(["description?": .description])),
                answers: .empty,
                errors: .unknownService
            ),
            .change(
                .delete,
                "\(path)/**",
                .operate,
                .organization,
                "removeOutboundService",
                "Remove a service of your own network.",
                query: [],
                answers: .empty,
                errors: .unknownService
            ),
        ]
    }()
}

extension Schema {
    fileprivate static let name = Schema.text(1...512, example: "billing")
    fileprivate static let connectionExample = Schema.named(
        "ConnectionExample",
        .object([
            "client": .example("mysql"), "title": .text, "text": .text, "copyText": .text,
        ])
    )
    fileprivate static let egressAddress = Schema.object([
        "address": .example("203.0.113.7"), "source": .word(EgressAddresses.Source.self),
        "backends": .texts,
    ])
    fileprivate static let port = Schema.integer(0...65_535)
    fileprivate static let provider = Schema.example("aws")
    fileprivate static let accessMode = Schema.word("DENY_ALL", "ALLOW_ALL", "ALLOWLIST_ONLY")
    private static let rules = Schema.list(
        of: .object(["cidr": .cidr, "description?": .text])
    )

    fileprivate static let warehouse = Schema.named(
        "Warehouse",
        .object([
            "warehouseId": .warehouseID, "name": .text, "status": .example("Running"),
            "cloudProvider": .provider, "region": .text, "zone?": .text,
            "deploymentMode": .example("BYOC"), "endpointServiceId?": .serviceID,
            "endpointServiceName?": .text,
        ])
    )

    fileprivate static let cluster = Schema.named(
        "Cluster",
        .object([
            "clusterId": .example("AWVA7CM7-mysql"), "clusterName": .text,
            "warehouseId": .warehouseID, "name": .text, "status": .word("Running", "Stopped"),
            "clusterType": .text, "cloudProvider": .provider, "region": .text,
            "nodeCount": .count,
        ])
    )

    fileprivate static let regionView = Schema.object([
        "region": .region, "displayName": .text, "endpointServiceId?": .serviceID,
        "endpointServiceName?": .text, "multiAzSupported": .boolean,
        "supportedDeploymentModes": .texts,
        "zones": .list(of: .object(["zone": .text, "displayName": .text])),
    ])

    fileprivate static let accessPolicy = Schema.named(
        "AccessPolicy",
        .object(["publicAccessPolicy": .accessMode, "allowlist": .rules])
    )

    fileprivate static let publicConnection = Schema.named(
        "PublicConnection",
        .object([
            "host?": .text, "jdbcUrl?": .text, "httpUrl?": .text, "jdbcPort?": .port,
            "httpPort?": .port, "streamLoadPort?": .port, "publicAccessPolicy": .accessMode,
            "allowlist": .rules, "observerGroups": .list(.anything, maxCount: 0),
        ])
    )

    fileprivate static let privateConnection = Schema.named(
        "PrivateConnection",
        .object([
            "inbound": .object([
                "endpointServiceId?": .serviceID, "endpointServiceName?": .text,
                "enabled": .boolean, "providerAccountId?": .text, "description?": .text,
                "endpoints": .list(
                    of: .object([
                        "endpointId": .endpointID, "domain?": .text, "status": .text,
                        "dnsName?": .text, "description?": .text, "jdbcPort?": .port,
                        "httpPort?": .port, "streamLoadPort?": .port,
                    ])
                ),
            ]), "outboundServices": .list(of: .outboundService),
        ])
    )

    private static let connectionEndpoint = Schema.object([
        "protocol": .word("jdbc", "http", "stream_load"), "host": .text, "port": .port,
        "url?": .text, "endpointId?": .endpointID,
    ])

    fileprivate static let connections = Schema.object([
        "publicEndpoints": .list(of: .connectionEndpoint),
        "privateEndpoints": .list(of: .connectionEndpoint),
        "computeClusters": .list(
            of: .object(["clusterId": .text, "clusterName": .text, "httpPort?": .port])
        ), "observerGroups": .list(.anything, maxCount: 0),
        "publicConnection": .publicConnection, "privateConnection": .privateConnection,
    ])

    fileprivate static let outboundService = Schema.named(
        "OutboundService",
        .object([
            "cloudProvider": .provider, "region": .region, "zone?": .text,
            "endpointServiceId": .serviceID, "endpointServiceName": .text,
            "providerAccountId?": .text, "description?": .text, "createdAt": .moment,
            "connected": .boolean,
            "endpoints": .list(
                of: .object([
                    "endpointId": .example("oe-0123456789abcdef0"), "endpointName": .text,
                    "domain?": .socketAddress, "status": .text, "createdAt": .moment,
                ])
            ),
        ])
    )
}
