/// What a listener does with HTTP.
public struct HTTPTerms: Hashable, Sendable {
    /// How much of HTTP the gateway understands.
    public enum Mode: String, Hashable, Sendable, CaseIterable, Codable {
        /// Bytes are relayed; requests are not read.
        case pass
        /// Redirects of loads are followed inside: the client talks to one address.
        case follow
        /// Redirects of loads are answered with an address of the gateway's own.
        case rewrite
    }

    /// How a backend learns of the client's address. Fields that the client has sent itself are removed
    /// by all but `pass`.
    public enum ClientAddress: String, Hashable, Sendable, CaseIterable {
        /// The fields are passed on as the client sends them.
        case pass
        case remove
        /// `X-Forwarded-For` and `X-Forwarded-Proto`.
        case xForwardedFor
        /// `Forwarded` (RFC 7239).
        case forwarded
        case both
    }

    public var mode = Mode.pass
    /// Requests that are answered with 403 in place of the backend.
    public var denied = PathList()
    public var clientAddress = ClientAddress.xForwardedFor
    /// What a front end is asked for with the field `redirect-policy`; `nil` for nothing.
    public var redirectPolicy: String? = "direct"
    /// How long a front end may take to say where a load goes.
    public var redirectTimeout = Duration.seconds(60)
    /// How long the answer to a request may take after its body, at least; a load's own field `timeout`
    /// may extend it.
    public var answerTimeout = Duration.seconds(600)
    /// Whether `ErrorURL` in the answer to a load is an address of the gateway's.
    public var rewritesErrorURL = false
    /// Whether the answer of `/api/backends` names the gateway in place of each backend.
    public var rewritesBackendList = false

    public init() {}

    /// Whether each request's head is read.
    public var readsRequests: Bool { mode != .pass }
}
