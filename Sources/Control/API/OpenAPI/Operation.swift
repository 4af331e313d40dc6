import HTTPTypes
import Store
import Text

/// One call of the API, described for programs: what it needs, takes and answers.
struct Operation: Sendable {
    /// What a call needs from its sender; `nil` for nothing.
    let permission: Permission?
    let scope: APIRouter.Scope
    let method: HTTPRequest.Method
    /// As it is registered: `/v1/groups/{group}`.
    let path: String
    /// For generated clients; unique.
    let id: String
    let summary: String
    let parameters: [Parameter]
    let body: Body
    let answer: Answer
    let errors: [ErrorAnswer]
    /// Whether it writes to the store.
    let isChange: Bool
    /// Whether a gateway may answer without a key, depending on its configuration.
    var isKeyOptional = false

    enum Body: Sendable {
        case none
        case json(Schema)
        /// One that may be up to 64 MiB.
        case list(Schema)
        /// One that may be absent, because a parameter can stand for it.
        case optional(Schema)
    }

    enum Answer: Sendable {
        /// `data` of the envelope.
        case data(Schema, status: Int = 200)
        /// The elements of a page.
        case page(Schema)
        /// A success without data.
        case empty
        /// Without an envelope.
        case content(type: String, Schema, isAlsoUnavailable: Bool = false)
        /// A page for people, or a redirect; errors may be pages, too, of these statuses.
        case browser(status: Int, errors: [Int])
        /// The call always fails: only its errors are described.
        case never
    }

    /// An operation that reads, or that acts on the running gateway alone.
    init(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ permission: Permission?,
        _ scope: APIRouter.Scope,
        _ id: String,
        _ summary: String,
        query parameters: [Parameter] = [],
        body: Body = .none,
        answers answer: Answer,
        errors: [ErrorAnswer]...,
        isChange: Bool = false
    ) {
        self.method = method
        self.path = path
        self.permission = permission
        self.scope = scope
        self.id = id
        self.summary = summary
        self.parameters = parameters
        self.body = body
        self.answer = answer
        self.errors = errors.flatMap(\.self)
        self.isChange = isChange
    }

    /// One that changes what the store holds.
    static func change(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ permission: Permission,
        _ scope: APIRouter.Scope,
        _ id: String,
        _ summary: String,
        query parameters: [Parameter] = .write,
        body: Body = .none,
        answers answer: Answer,
        errors: [ErrorAnswer]...
    ) -> Operation {
        Operation(
            method,
            path,
            permission,
            scope,
            id,
            summary,
            query: parameters,
            body: body,
            answers: answer,
            errors: errors.flatMap(\.self),
            isChange: true
        )
    }
}

/// A parameter of the query.
struct Parameter: Sendable {
    let name: String
    let schema: Schema
    let summary: String
    let isRequired: Bool

    init(_ name: String, _ schema: Schema, _ summary: String, isRequired: Bool = false) {
        self.name = name
        self.schema = schema
        self.summary = summary
        self.isRequired = isRequired
    }
}

extension [Parameter] {
    static let page = [
        Parameter("page", .integer(1...1_000_000_000), "Which page, from 1 (default 1)"),
        Parameter(
            "size",
            .integer(1...PageRequest.greatestSize),
            "Elements per page (default \(PageRequest.standardSize))"
        ),
    ]

    static let write = [
        Parameter("dryRun", .boolean, "Validate and answer as usual, but change nothing"),
        Parameter(
            "confirm",
            .boolean,
            "Make the change even if it cuts off your own address or opens the warehouse to the"
                + " world"
        ),
    ]
}

/// An error that a call may answer with.
struct ErrorAnswer: Hashable, Sendable {
    let status: Int
    let code: String

    init(_ status: Int, _ code: String) {
        self.status = status
        self.code = code
    }
}

extension [ErrorAnswer] {
    /// A client's input is invalid.
    static let input = [
        ErrorAnswer(400, "InvalidParameter"), ErrorAnswer(400, "InvalidRequest"),
    ]
    /// What a browser's page elsewhere is refused with.
    static let foreign = [ErrorAnswer(403, "UnknownHost"), ErrorAnswer(403, "ForeignOrigin")]
    static let key = [
        ErrorAnswer(401, "Unauthorized.InvalidApiKey"),
        ErrorAnswer(401, "Unauthorized.LoginRequired"), ErrorAnswer(403, "Forbidden"),
    ]
    /// What a person must do before anything else.
    static let duty = [
        ErrorAnswer(403, "PasswordChangeRequired"), ErrorAnswer(403, "SecondFactorRequired"),
    ]
    /// What every change may be refused with.
    static let change = [
        ErrorAnswer(409, "IdempotencyConflict"), ErrorAnswer(409, "PolicyIsFile"),
        ErrorAnswer(409, "OperationConflict"), ErrorAnswer(409, "LimitExceeded"),
        ErrorAnswer(413, "PayloadTooLarge"), ErrorAnswer(429, "RateLimitExceeded"),
        ErrorAnswer(503, "StoreUnavailable"), ErrorAnswer(503, "NotEnforced"),
    ]
    static let confirmation = [ErrorAnswer(409, "ConfirmationRequired")]
    static let unknownEntry = [ErrorAnswer(404, "EntryNotFound")]
    static let unknownGroup = [ErrorAnswer(404, "GroupNotFound")]
    static let unknownKey = [ErrorAnswer(404, "KeyNotFound")]
    static let unknownWebhook = [ErrorAnswer(404, "WebhookNotFound")]
    static let unknownEndpoint = [ErrorAnswer(404, "EndpointNotFound")]
    static let unknownService = [ErrorAnswer(404, "EndpointServiceNotFound")]
    static let unknownWarehouse = [ErrorAnswer(404, "WarehouseNotFound")]
    static let duplicateEntry = [ErrorAnswer(409, "DuplicateEntry")]
    static let exists = [ErrorAnswer(409, "AlreadyExists")]
    static let stale = [ErrorAnswer(409, "VersionConflict")]
    static let noStore = [ErrorAnswer(409, "PolicyIsFile"), ErrorAnswer(503, "StoreUnavailable")]
    static let notSupported = [ErrorAnswer(501, "NotSupported")]
    static let filter = [
        ErrorAnswer(400, "InvalidFilter"), ErrorAnswer(400, "UnknownEndpoint"),
        ErrorAnswer(404, "WarehouseNotFound"), ErrorAnswer(404, "ListenerNotFound"),
    ]
}

extension Operation {
    /// Every error that the call may answer with: its own, and those that follow from what it is.
    var allErrors: [ErrorAnswer] {
        var all = errors + .input + .foreign
        if let permission {
            all += .key
            if permission != .identify, permission != .ownAccount { all += .duty }
        }
        if scope == .warehouse { all += .unknownWarehouse }
        if !pathParameters.isEmpty { all.append(ErrorAnswer(404, "NotFound")) }
        if isChange { all += .change }
        if parameters.contains(where: { $0.name == "confirm" }) { all += .confirmation }
        if hasBody { all.append(ErrorAnswer(413, "PayloadTooLarge")) }
        return all
    }

    /// The same call, answered without a key by some gateways.
    var withOptionalKey: Operation {
        var operation = self
        operation.isKeyOptional = true
        return operation
    }

    var hasBody: Bool { if case .none = body { false } else { true } }

    /// The path as OpenAPI writes it: there, a parameter is one segment.
    var documentPath: String {
        path.hasSuffix("/**") ? path.dropLast(2) + "{endpointServiceId}" : path
    }

    /// The names in braces.
    var pathParameters: [String] {
        documentPath.split(separator: "/").filter { $0.hasPrefix("{") }
            .map { String($0.dropFirst().dropLast()) }
    }
}
