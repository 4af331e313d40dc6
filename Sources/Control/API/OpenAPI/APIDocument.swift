import HTTPTypes
import Hummingbird
import NIOCore
import Operations
import Store
import Text

/// The API described in OpenAPI 3.1 (<https://spec.openapis.org/oas/v3.1.1>), for clients, code
/// generators and tests.
///
/// A topic's operations are in a file of their own, next to this one. A test holds them against the
/// routes that are registered.
enum APIDocument {
    static let path = "/v1/openapi.json"

    /// Every call, by topic.
    static let topics: [(tag: String, operations: [Operation])] = [
        ("Gateway", gateway), ("Access", access), ("Whitelists", whitelists),
        ("Groups", groups), ("Private links", privateLinks), ("Keys", keys),
        ("Accounts", accounts), ("Single sign-on", singleSignOn), ("Notices", notices),
        ("Audit and policy", records), ("Warehouses", warehouses), ("Connections", connections),
    ]

    static let operations = topics.flatMap(\.operations)

    static let text = json.text + "\n"

    static var json: JSONValue {
        var schemas: [String: JSONValue] = [:]
        var paths: [String: [String: JSONValue]] = [:]
        for (tag, operations) in topics {
            for operation in operations {
                paths[operation.documentPath, default: [:]][
                    operation.method.rawValue.lowercased()
                ] =
                    operation.json(tag: tag, &schemas)
            }
        }
        return [
            "openapi": "3.1.0",
            "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
            "info": [
                "title": "Sluice management API", "version": .string(Version.current),
                "description": .string(introduction),
            ],
            "servers": [["url": "/", "description": "The gateway that serves this document"]],
            "tags": .array(topics.map { ["name": .string($0.tag)] }),
            "paths": .object(paths.mapValues(JSONValue.object)),
            "components": [
                "schemas": .object(schemas),
                "securitySchemes": ["key": keyScheme],
            ],
        ]
    }

    private static let introduction = """
        Reads a gateway's state and changes its policy. Every answer under /v1 is in one envelope. \
        `x-permission` of an operation names the least role of a key that may call it, `x-scope` \
        what it is about: `warehouse`, one that the key may use; `organization`, only for keys for \
        all warehouses; `filtered`, the answer leaves out what the key may not see. The local socket \
        needs no key.
        """

    private static let keyScheme: JSONValue = [
        "type": "apiKey", "in": "header", "name": "X-API-Key",
        "description": "A key of this gateway: sk-…",
    ]

    /// The parameters of paths.
    static let pathParameters: [String: Parameter] = [
        "warehouse": Parameter(
            "warehouse",
            .text(matching: "^[A-Za-z0-9_-]{1,64}$", example: "AWVA7CM7"),
            "The warehouse's id",
            isRequired: true
        ),
        "group": Parameter("group", .groupName, "The group's name", isRequired: true),
        "entry": Parameter("entry", .entryID, "The entry's id", isRequired: true),
        "key": Parameter("key", .keyID, "The key's id", isRequired: true),
        "account": Parameter("account", .keyID, "The account's id", isRequired: true),
        "login": Parameter("login", .keyID, "The login's id", isRequired: true),
        "webhook": Parameter("webhook", .keyID, "The webhook's id", isRequired: true),
        "endpoint": Parameter(
            "endpoint",
            .example("aws:vpce-0123456789abcdef0"),
            "The endpoint's id, perhaps with its cloud",
            isRequired: true
        ),
        "service": Parameter(
            "service",
            .example("vpce-svc-0123456789abcdef0"),
            "The endpoint service's id, percent-encoded",
            isRequired: true
        ),
        "listener": Parameter(
            "listener",
            .example("0.0.0.0:9030"),
            "The listener's address, as configured",
            isRequired: true
        ),
        "cluster": Parameter("cluster", .example("AWVA7CM7-mysql"), "", isRequired: true),
        "provider": Parameter("provider", .example("aws"), "", isRequired: true),
        "endpointServiceId": Parameter(
            "endpointServiceId",
            .example("com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"),
            "The rest of the path, with or without its slashes percent-encoded",
            isRequired: true
        ),
    ]
}

/// The call that answers with the document. It needs no key: tools fetch it before they have one,
/// and what it says is public.
struct APIDocumentRoutes: Sendable {
    /// Made once, as it does not depend on the configuration, and shared: clients without a key
    /// must not take the places of large answers.
    private static let bytes = ByteBuffer(string: APIDocument.text)

    let api: APIRouter

    func add() {
        api.onPublic(.get, APIDocument.path) { _, _ in
            Response(
                status: .ok,
                headers: .uncached("application/json"),
                body: ResponseBody(byteBuffer: Self.bytes)
            )
        }
    }
}

// MARK: - JSON of an operation

extension Operation {
    func json(tag: String, _ schemas: inout [String: JSONValue]) -> JSONValue {
        var json: [String: JSONValue] = [
            "operationId": .string(id), "summary": .string(summary), "tags": [.string(tag)],
            "security": .array(security),
            "responses": .object(responses(&schemas)),
        ]
        if let permission {
            json["x-permission"] = .string(permission.leastRole.rawValue)
            json["x-scope"] = .string(scope.word)
        }
        if path.hasSuffix("**") { json["x-path-rest"] = "endpointServiceId" }
        let parameters = parametersJSON(&schemas)
        if !parameters.isEmpty { json["parameters"] = .array(parameters) }
        json["requestBody"] = bodyJSON(&schemas)
        return .object(json)
    }

    private var security: [JSONValue] {
        guard permission != nil else { return [] }
        return (isKeyOptional ? [[:]] : []) + [["key": []]]
    }

    private func parametersJSON(_ schemas: inout [String: JSONValue]) -> [JSONValue] {
        let inPath = pathParameters.compactMap { APIDocument.pathParameters[$0] }
        var json = inPath.map { $0.json(in: "path", &schemas) }
        json += parameters.map { $0.json(in: "query", &schemas) }
        if isChange {
            let id = Parameter("RequestId", .uuid, "Makes repeated requests count as one")
            json.append(id.json(in: "header", &schemas))
        }
        return json
    }

    private func bodyJSON(_ schemas: inout [String: JSONValue]) -> JSONValue? {
        let (schema, isRequired): (Schema, Bool)
        switch body {
        case .none: return nil
        case .json(let body), .list(let body): (schema, isRequired) = (body, true)
        case .optional(let body): (schema, isRequired) = (body, false)
        }
        return [
            "required": .bool(isRequired),
            "content": [
                "application/json": [
                    "schema": schema.json(&schemas), "example": schema.example,
                ]
            ],
        ]
    }
}

extension APIRouter.Scope {
    var word: String {
        switch self {
        case .warehouse: "warehouse"
        case .organization: "organization"
        case .filtered: "filtered"
        }
    }
}

extension Parameter {
    fileprivate func json(in place: String, _ schemas: inout [String: JSONValue]) -> JSONValue {
        var json: [String: JSONValue] = [
            "name": .string(name), "in": .string(place), "required": .bool(isRequired),
            "schema": schema.json(&schemas),
        ]
        if !summary.isEmpty { json["description"] = .string(summary) }
        return .object(json)
    }
}

// MARK: - JSON of its answers

extension Operation {
    private func responses(_ schemas: inout [String: JSONValue]) -> [String: JSONValue] {
        var responses: [String: JSONValue] = [:]
        switch answer {
        case .never, .browser: break
        case .content(let type, let schema, let isAlsoUnavailable):
            responses["200"] = Self.response("The answer", schema, type: type, &schemas)
            guard isAlsoUnavailable else { break }
            responses["503"] = Self.response("Why not", schema, type: type, &schemas)
        case .data(let schema, let status):
            let words = status == 201 ? "Created" : "The answer"
            responses["\(status)"] = Self.response(words, .envelope(schema), &schemas)
            if status == 201, parameters.contains(where: { $0.name == "dryRun" }) {
                responses["200"] = Self.response("A dry run", .envelope(schema), &schemas)
            }
        case .page(let element):
            responses["200"] = Self.response("A page", .pagedEnvelope(element), &schemas)
        case .empty:
            responses["200"] = Self.response("Done", .emptyEnvelope, &schemas)
        }
        if isChange, case .never = answer {
        } else if isChange {
            let inFlight = Schema.envelope(.object(["status": .constant("in progress")]))
            responses["202"] = Self.response(
                "The same request is being answered",
                inFlight,
                &schemas
            )
        }
        for (status, errors) in Dictionary(grouping: allErrors, by: \.status) {
            let codes = Set(errors.map(\.code)).sorted()
            responses["\(status)"] = Self.response(
                codes.joined(separator: ", "),
                .error(codes),
                &schemas
            )
        }
        if case .browser(let status, let errors) = answer {
            Self.addPages(status: status, errors: errors, to: &responses)
        }
        return responses
    }

    /// Adds a page or a redirect, and pages that explain errors.
    private static func addPages(
        status: Int,
        errors: [Int],
        to responses: inout [String: JSONValue]
    ) {
        let page: JSONValue = ["schema": ["type": "string"]]
        let type = "text/html; charset=utf-8"
        responses["\(status)"] =
            status == 200
            ? ["description": "A page", "content": .object([type: page])]
            : [
                "description": "A redirect",
                "headers": ["Location": ["required": true, "schema": ["type": "string"]]],
            ]
        for status in errors {
            var content: [String: JSONValue] = [type: page]
            var description = "A page"
            if case .object(let existing)? = responses["\(status)"]?["content"] {
                content.merge(existing) { first, _ in first }
                description = responses["\(status)"]?["description"]?.string ?? description
            }
            responses["\(status)"] = [
                "description": .string(description), "content": .object(content),
            ]
        }
    }

    private static func response(
        _ description: String,
        _ schema: Schema,
        type: String = "application/json",
        _ schemas: inout [String: JSONValue]
    ) -> JSONValue {
        [
            "description": .string(description),
            "content": .object([
                type: ["schema": schema.json(&schemas), "example": schema.example]
            ]),
        ]
    }
}

extension Schema {
    private static let success: Fields = ["success": .constant(true), "requestId": .uuid]

    /// A success.
    fileprivate static func envelope(_ data: Schema) -> Schema {
        .object(success).adding(["data": data])
    }

    fileprivate static var emptyEnvelope: Schema { .object(success) }

    fileprivate static func pagedEnvelope(_ element: Schema) -> Schema {
        envelope(.list(element, maxCount: PageRequest.greatestSize)).adding([
            "page": .integer(1...), "size": .integer(1...PageRequest.greatestSize),
            "total": .count,
        ])
    }

    /// A failure. Two kinds have details.
    fileprivate static func error(_ codes: [String]) -> Schema {
        var fields: Schema = .object([
            "success": .constant(false), "requestId": .uuid, "code": .words(codes),
            "message": .example("A sentence for people."),
        ])
        if codes.contains("ConfirmationRequired") {
            fields = fields.adding(["data?": .object(["reasons": .list(of: .text)])])
        }
        if codes.contains("InvalidList") {
            fields = fields.adding(["data?": .object(["errors": .list(of: .lineError)])])
        }
        return fields
    }
}
