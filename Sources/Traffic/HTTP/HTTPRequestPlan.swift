public import HTTPProtocol
public import Policy

/// What becomes of one request: decided from its head alone. A class, for it is large.
public final class HTTPRequestPlan: Sendable {
    /// Where a request goes.
    public enum Way: Hashable, Sendable {
        /// To a backend of the service, whose answer is passed on.
        case plain
        /// To the server that a backend of the service names when it is asked with the head alone.
        case asked
        /// To the server that a token of the gateway's own names, for this target.
        case direct(RedirectTarget, target: String)
    }

    public let head: HTTPRequestHead
    public let way: Way
    public let record: HTTPRequestRecord

    /// Why a request is answered by the gateway itself.
    public struct Denial: Error, Hashable, Sendable {
        public let reason: DenialReason
        public let detail: String
        /// The request.
        public let record: HTTPRequestRecord
    }

    /// - Parameters:
    ///   - service: whose tokens are valid.
    ///   - seconds: now, as Unix time.
    public init(
        _ head: HTTPRequestHead,
        under rules: HTTPRules,
        service: String,
        seconds: Int64
    ) throws(Denial) {
        self.head = head.withoutOfferOfHTTP
        let bytes = head.bytes
        let target = bytes.span.extracting(head.targetRange)
        let path = HTTPRequestPath(target)
        var record = HTTPRequestRecord()
        record.method = head.method
        record.pathClass = path.pathClass
        record.name(path, by: head)
        // Where a token leads, a front end has said.
        if let text = RedirectToken.parameter(in: target) {
            guard let token = RedirectToken(text, by: rules.seal, service: service, at: seconds),
                token.leads(head.method, to: path.pathClass)
            else {
                throw Denial(
                    reason: .forbiddenPath,
                    detail: "the redirect's token has expired, or is another request's",
                    record: record
                )
            }
            way = .direct(token.server, target: token.target)
            // Not as the client writes the path: the token's is the one that counts.
            let place = Array(token.target.utf8)
            record.name(HTTPRequestPath(place.span), by: head)
            self.record = record
            return
        }
        if HTTPRequestPath.asksToForward(target) {
            throw Denial(
                reason: .forbiddenPath,
                detail: "only a front end may have a load forwarded",
                record: record
            )
        }
        if rules.terms.denied.contains(target) {
            let element = rules.terms.denied.element(denying: target)
            throw Denial(
                reason: .forbiddenPath,
                detail: element.map { "the listener's http.deny has \($0)" }
                    ?? "different servers may read its path as one of the listener's http.deny",
                record: record
            )
        }
        self.record = record
        way = path.pathClass.isRedirected && head.mayLoad ? .asked : .plain
    }
}

extension HTTPRequestRecord {
    /// What is loaded, and where to.
    fileprivate mutating func name(_ path: HTTPRequestPath, by head: HTTPRequestHead) {
        guard path.pathClass.isRedirected else { return }
        database = path.database ?? head.value(of: "db")?.clipped
        table = path.table ?? head.value(of: "table")?.clipped
        label = head.value(of: "label")?.clipped
    }
}

extension HTTPRequestHead {
    /// Whether its method is one that is redirected.
    fileprivate var mayLoad: Bool { method == "PUT" || method == "POST" }
}

extension String {
    /// As a record keeps it.
    fileprivate var clipped: String {
        utf8.count <= 256 ? self : String(decoding: utf8.prefix(256), as: UTF8.self)
    }
}
