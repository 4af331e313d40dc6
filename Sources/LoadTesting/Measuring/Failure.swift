/// Why an operation did not succeed.
public struct Failure: Error, Hashable, Sendable {
    /// The classes that are counted apart. Their names are keys of the JSON report.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Nobody listens there, or a firewall answered so.
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
        /// What came is no answer in this protocol.
        case badResponse
        /// A whole HTTP response, but not with a status of 200…299.
        case status
        /// A MySQL error packet.
        case serverError
        /// Due before the end of an open loop, but never begun: no connection was free.
        case unsent
        /// Still running when the run had ended and nothing was waited for any longer: Ctrl-C.
        case unfinished
    }

    public let kind: Kind
    /// What the peer or the system said, for the person; `nil` where the kind says it all.
    public let detail: String?

    /// Whether nobody said anything: the time until then is a lower bound of the latency.
    var isWithoutAnswer: Bool {
        switch kind {
        case .timeout, .connectTimeout, .unsent, .unfinished: true
        default: false
        }
    }

    public init(_ kind: Kind, _ detail: String? = nil) {
        self.kind = kind
        self.detail = detail.map(Self.printable)
    }

    /// A peer's words must not steer a terminal.
    private static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? " " : $0 }))
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control
            || scalar.properties.generalCategory == .format
    }
}
