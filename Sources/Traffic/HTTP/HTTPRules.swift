/// What one listener does with HTTP, for all of its requests. A class: each request refers to it.
public final class HTTPRules: Sendable {
    public let terms: HTTPTerms
    /// Seals what a client carries back in a redirect.
    public let seal: any TokenSealing
    /// What reads the next request on a connection that is kept.
    let next = FirstBytes([HTTPRequestPrologue()])

    public init(_ terms: HTTPTerms, seal: any TokenSealing) {
        self.terms = terms
        self.seal = seal
    }
}

/// The client of a connection, as the backends of its requests learn of it.
public final class HTTPClient: Sendable {
    let rules: HTTPRules
    let isSecure: Bool
    /// The fields that name it, each with its line's end.
    let fields: [UInt8]

    /// - Parameters:
    ///   - address: its IP address.
    ///   - isSecure: whether it has come over TLS.
    public init(_ address: String, isSecure: Bool, under rules: HTTPRules) {
        self.rules = rules
        self.isSecure = isSecure
        fields = rules.terms.clientAddress.fields(address, isSecure: isSecure)
    }

    var scheme: String { isSecure ? "https" : "http" }

    /// Whether it is still true.
    public func isClient(under rules: HTTPRules) -> Bool { self.rules === rules }
}

/// One request that is carried to a backend, and what is known of it beyond its bytes. A class: what
/// carries it is copied from hand to hand.
public final class HTTPTask: Sendable {
    let plan: HTTPRequestPlan
    let client: HTTPClient
    private let place: BackendAddress?
    /// Whether the backend has answered a request on this connection before: it may have closed it
    /// since.
    let reusesBackend: Bool
    /// What tells two services' tokens apart.
    let service: String
    /// Unix time.
    let seconds: Int64

    /// - Parameter backend: the one that is asked first.
    public init(
        _ plan: HTTPRequestPlan,
        of client: HTTPClient,
        backend: BackendAddress?,
        reusesBackend: Bool,
        service: String,
        seconds: Int64
    ) {
        self.plan = plan
        self.client = client
        place = backend
        self.reusesBackend = reusesBackend
        self.service = service
        self.seconds = seconds
    }

    /// The same over a new connection.
    var anew: HTTPTask {
        HTTPTask(
            plan,
            of: client,
            backend: place,
            reusesBackend: false,
            service: service,
            seconds: seconds
        )
    }

    var rules: HTTPRules { client.rules }
    var terms: HTTPTerms { client.rules.terms }

    var backend: RedirectTarget {
        place.map { RedirectTarget($0) } ?? RedirectTarget(host: "", port: 80, usesTLS: false)
    }

    /// What speaks with the backend.
    public var dialogue: any Dialogue {
        plan.way == .plain ? PlainHTTPDialogue(self) : HTTPDialogue(self)
    }
}
