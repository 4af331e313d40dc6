/// Why an operation did not succeed.
package struct Failure: Error, Hashable, Sendable {
    /// The classes that are counted apart. Their names are keys of the JSON report.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Nothing listens there, or a firewall answered so.
        case refused
        /// The network has no way there, or the connect failed in another way.
        case unreachable
        /// No local port is left: too many connections were closed within the last minute.
        case noLocalPort
        /// No descriptor is left: the limit of this process (`ulimit -n`).
        case noDescriptor
        case connectTimeout
        /// The operation was begun and did not end in time.
        case timeout
        case reset
        /// The peer ended the stream before the operation was complete.
        case closedEarly
        /// What came is not an answer in this protocol.
        case badResponse
        /// A complete HTTP response, but with a status other than 200…299.
        case status
        /// A MySQL error packet.
        case serverError
        /// Due before the end of an open loop, but never begun: no connection was free.
        case unsent
        /// Still running when the run had ended and nothing was waited for any longer: Ctrl-C.
        case unfinished
    }

    package let kind: Kind
    /// The HTTP status or the number of the MySQL error; `nil` for other kinds.
    package let code: Int?
    /// What the peer or the system said, for the person; `nil` if the kind says it all.
    package let detail: String?
    /// Whether every other attempt at this target would fail in the same way: trying again only
    /// costs, and may lock an account.
    package let isFatal: Bool

    /// Whether no answer came: the time until then is a lower bound of the latency.
    var isWithoutAnswer: Bool {
        switch kind {
        case .timeout, .connectTimeout, .unsent, .unfinished: true
        default: false
        }
    }

    package init(_ kind: Kind, _ detail: String? = nil, code: Int? = nil, isFatal: Bool = false) {
        self.kind = kind
        self.code = code
        self.detail = detail.map(Self.printable)
        self.isFatal = isFatal
    }

    /// Without control characters: somebody else's words must not steer a terminal.
    static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? " " : $0 }))
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control
            || scalar.properties.generalCategory == .format
    }
}
