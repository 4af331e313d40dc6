import Settings
import Text

/// A request for a certificate, as the authority has it (RFC 8555 §7.1.3).
struct OrderDocument: Hashable, Sendable {
    enum Status: String, Hashable, Sendable {
        case pending, ready, processing, valid, invalid
    }

    let status: Status
    /// In lower case, wildcards with their `*`.
    let names: Set<String>
    let authorizations: [WebURL]
    let finalize: WebURL
    /// Of a valid order.
    let certificate: WebURL?
    let problem: ACMEProblem?

    /// As many names as a certificate of the configuration may have.
    private static let limit = 100

    init(parsing bytes: [UInt8], isSecure: Bool) throws(ACMEError) {
        let document = try ACMEDocument("order", parsing: bytes, isSecure: isSecure)
        status = try document.status()
        authorizations = try document.urls("authorizations", limit: Self.limit)
        finalize = try document.url("finalize")
        certificate = document.json["certificate"] == nil ? nil : try document.url("certificate")
        problem = document.json["error"].flatMap(ACMEProblem.init)
        let names = try document.list("identifiers", limit: Self.limit).map { identifier in
            identifier["type"]?.string == "dns" ? identifier["value"]?.string?.lowercased() : nil
        }
        guard !names.contains(nil) else { throw .invalid("order: identifiers that are not names") }
        self.names = Set(names.compactMap(\.self))
    }
}

/// What comes next for an order (RFC 8555 §7.1.6).
enum OrderStep: Hashable, Sendable {
    case authorize([WebURL])
    case finalize(WebURL)
    /// The authority needs time.
    case wait
    case download(WebURL)
    /// It is over; a new order is needed.
    case abandon(ACMEProblem?)
}

extension OrderDocument {
    var step: OrderStep {
        get throws(ACMEError) {
            switch status {
            case .pending: return .authorize(authorizations)
            case .ready: return .finalize(finalize)
            case .processing: return .wait
            case .invalid: return .abandon(problem)
            case .valid:
                guard let certificate else { throw .invalid("order: valid without a certificate") }
                return .download(certificate)
            }
        }
    }
}
