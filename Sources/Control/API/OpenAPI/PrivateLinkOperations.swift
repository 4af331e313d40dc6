import HTTPTypes
import Policy
import Store

/// Inbound endpoints and the endpoint services that they connect to.
extension APIDocument {
    static let privateLinks: [Operation] = endpoints + services + outboundEndpoints

    private static let outboundEndpoints: [Operation] = {
        let path = OutboundEndpointRoutes.path
        let one = "\(path)/{endpoint}"
        let changed = Schema.changed(["endpoint": .outboundEndpoint])
        return [
            Operation(
                .get,
                "/v1/private-link/identities",
                .read,
                .filtered,
                "listIdentities",
                "Show as whom endpoints are created in each cloud: whom owners of services allow.",
                answers: .data(
                    .object([
                        "aws?": .example("arn:aws:iam::123456789012:root"),
                        "azure?": .example("11111111-2222-3333-4444-555555555555"),
                        "gcp?": .example("analytics-prod"),
                        "alibaba?": .example("1234567890123456"),
                    ])
                )
            ),
            Operation(
                .get,
                path,
                .read,
                .warehouse,
                "listOutboundEndpoints",
                "List a warehouse's ways to registered services.",
                query: .page,
                answers: .page(.outboundEndpoint)
            ),
            .change(
                .post,
                path,
                .operate,
                .warehouse,
                "createOutboundEndpoint",
                "Give a warehouse a port by which it reaches a registered service.",
                body: .json(
                    .body([
                        "name": .outboundName, "serviceId": .serviceID,
                        "address?": .outboundAddress, "description?": .description,
                    ])
                ),
                answers: .data(changed, status: 201),
                errors: .exists,
                .unknownService,
                [ErrorAnswer(409, "NotConfigured")]
            ),
            Operation(
                .get,
                one,
                .read,
                .warehouse,
                "getOutboundEndpoint",
                "Show an outbound endpoint.",
                answers: .data(.outboundEndpoint),
                errors: .unknownEndpoint
            ),
            .change(
                .patch,
                one,
                .operate,
                .warehouse,
                "changeOutboundEndpoint",
                "Change where an outbound endpoint leads, or what it is called.",
                body: .json(
                    .body([
                        "name?": .outboundName, "address?": .outboundAddress,
                        "description?": .description,
                    ])
                ),
                answers: .data(changed),
                errors: .unknownEndpoint,
                .exists
            ),
            .change(
                .delete,
                one,
                .operate,
                .warehouse,
                "removeOutboundEndpoint",
                "Remove an outbound endpoint, and close its sessions.",
                answers: .data(changed),
                errors: .unknownEndpoint
            ),
        ]
    }()

    private static let endpoints: [Operation] = {
        let one = "\(EndpointRoutes.path)/{endpoint}"
        let changed = Operation.Answer.data(.changed(["endpoint": .endpoint]))
        return [
            Operation(
                .get,
                EndpointRoutes.path,
                .read,
                .warehouse,
                "listEndpoints",
                "List a warehouse's inbound endpoints.",
                query: .page,
                answers: .page(.endpoint)
            ),
            Operation(
                .get,
                one,
                .read,
                .warehouse,
                "getEndpoint",
                "Show an endpoint.",
                answers: .data(.endpoint),
                errors: .unknownEndpoint
            ),
            .change(
                .patch,
                one,
                .operate,
                .warehouse,
                "changeEndpoint",
                "Change what is known about an endpoint.",
                body: .json(
                    .body([
                        "description?": .description, "dnsName?": .dnsName,
                        "connectionLimit?": .integer(0...1_000_000_000),
                        "serviceId?": .serviceID,
                    ])
                ),
                answers: changed,
                errors: .unknownEndpoint,
                .unknownService
            ),
            .change(
                .delete,
                one,
                .operate,
                .warehouse,
                "removeEndpoint",
                "Remove an endpoint: its clients are no longer admitted.",
                answers: changed,
                errors: .unknownEndpoint
            ),
            .change(
                .post,
                "\(one)/accept",
                .operate,
                .warehouse,
                "acceptEndpoint",
                "Accept an endpoint: its clients are admitted.",
                answers: changed,
                errors: .unknownEndpoint
            ),
            .change(
                .post,
                "\(one)/reject",
                .operate,
                .warehouse,
                "rejectEndpoint",
                "Reject an endpoint: its clients are denied.",
                answers: changed,
                errors: .unknownEndpoint
            ),
        ]
    }()

    private static let services: [Operation] = {
        let one = "\(EndpointServiceRoutes.path)/{service}"
        let changed = Operation.Answer.data(.changed(["service": .endpointService]))
        return [
            Operation(
                .get,
                EndpointServiceRoutes.path,
                .read,
                .warehouse,
                "listServices",
                "List a warehouse's endpoint services.",
                query: .page,
                answers: .page(.endpointService)
            ),
            .change(
                .post,
                EndpointServiceRoutes.path,
                .operate,
                .warehouse,
                "createService",
                "Register an endpoint service, to which consumers connect endpoints.",
                body: .json(.newEndpointService),
                answers: .data(.changed(["service": .endpointService]), status: 201),
                errors: .exists
            ),
            Operation(
                .get,
                one,
                .read,
                .warehouse,
                "getService",
                "Show an endpoint service.",
                answers: .data(.endpointService),
                errors: .unknownService
            ),
            .change(
                .patch,
                one,
                .operate,
                .warehouse,
                "changeService",
                "Change an endpoint service.",
                body: .json(.body(Schema.serviceFields)),
                answers: changed,
                errors: .unknownService
            ),
            .change(
                .delete,
                one,
                .operate,
                .warehouse,
                "removeService",
                "Remove an endpoint service that no endpoint uses.",
                answers: changed,
                errors: .unknownService
            ),
            .change(
                .post,
                "\(one)/principals",
                .operate,
                .warehouse,
                "allowPrincipal",
                "Allow a principal to request endpoints.",
                body: .json(.body(["principal": .principal])),
                answers: changed,
                errors: .unknownService
            ),
            .change(
                .delete,
                "\(one)/principals",
                .operate,
                .warehouse,
                "disallowPrincipal",
                "No longer allow a principal to request endpoints.",
                query: .write + [
                    Parameter("principal", .principal, "The principal", isRequired: true)
                ],
                answers: changed,
                errors: .unknownService,
                [ErrorAnswer(404, "PrincipalNotFound")]
            ),
        ]
    }()
}

extension Schema {
    static let serviceID = Schema.example("vpce-svc-0123456789abcdef0")
    static let endpointID = Schema.example("vpce-0123456789abcdef0")
    static let dnsName = Schema.text(
        matching: "^[A-Za-z0-9_.*-]{0,253}$",
        example: "vpce-0123456789abcdef0-abc.us-east-1.vpce.amazonaws.com"
    )
    fileprivate static let principal = Schema.example("arn:aws:iam::123456789012:root")

    fileprivate static let endpoint = Schema.named(
        "Endpoint",
        .object([
            "endpointId": .endpointID, "cloud": .cloud,
            "endpoint": .example("aws:vpce-0123456789abcdef0"),
            "state": .endpointState, "status": .example("available"),
            "description?": .description, "dnsName?": .dnsName, "host?": .dnsName,
            "zonalHosts?": .list(of: .dnsName), "serviceId?": .serviceID,
            "connectionLimit": .count, "createdAt?": .moment, "activeConnections": .count,
            "actions": .list(of: .word("accept", "reject", "remove")),
        ])
    )

    fileprivate static let endpointService = Schema.named(
        "EndpointService",
        .object([
            "serviceId": .serviceID, "cloud": .cloud, "region": .region, "name?": .text,
            "alias?": .text, "description?": .description, "zones": .texts,
            "acceptance": .acceptance, "allowedPrincipals": .list(of: .principal),
            "createdAt?": .moment, "endpointCount": .count,
        ])
    )

    fileprivate static let outboundName = Schema.text(
        matching: "^[A-Za-z0-9_-]{1,128}$",
        example: "ledger"
    )
    fileprivate static let outboundAddress = Schema.example("vpce-0123456789abcdef0.example:5432")

    fileprivate static let outboundEndpoint = Schema.named(
        "OutboundEndpoint",
        .object([
            "endpointId": .example("oe-0123456789abcdef0"), "name": .outboundName,
            "serviceId": .serviceID, "serviceName?": .text, "address?": .outboundAddress,
            "host?": .address, "port": .integer(1...65_535),
            "state": .word("pendingAcceptance", "available"), "status": .text,
            "connectivity": .word("unknown", "reachable", "unreachable"), "lastFailure?": .text,
            "description?": .description, "createdAt": .moment, "activeConnections": .count,
        ])
    )

    static let endpointState = Schema.words(Endpoint.State.allCases.map(\.rawValue))
    static let region = Schema.example("us-east-1")
    static let acceptance = Schema.word(EndpointService.Acceptance.self)

    fileprivate static let serviceFields: Fields = [
        "region?": .region, "name?": .text, "alias?": .text, "description?": .description,
        "zones?": .texts, "acceptance?": .acceptance,
        "allowedPrincipals?": .list(.principal, maxCount: 1_000),
    ]

    /// As the policy document has it, too.
    static let newEndpointService = Schema.named(
        "NewEndpointService",
        .body([
            "serviceId": .serviceID, "cloud": .cloud, "region": .region, "name?": .text,
            "alias?": .text, "description?": .description, "zones?": .texts,
            "acceptance?": .acceptance, "allowedPrincipals?": .list(.principal, maxCount: 1_000),
        ])
    )
}
