internal import Glibc
internal import Sockets

extension Failure {
    /// A connect that the system refused or could not carry out (connect(2)).
    init(connecting error: SystemError) {
        let kind = Self.kind(ofConnect: error)
        self.init(kind, "\(error)", isFatal: kind == .refused || kind == .unreachable)
    }

    /// A read or write that failed on a connection that stood.
    init(transferring error: SystemError) {
        self.init(error.code == ETIMEDOUT ? .timeout : .reset, "\(error)")
    }

    private static func kind(ofConnect error: SystemError) -> Kind {
        if error.isExhaustion { return .noDescriptor }
        return switch error.code {
        case ECONNREFUSED: .refused
        case EADDRNOTAVAIL: .noLocalPort
        case ETIMEDOUT: .connectTimeout
        case ECONNRESET: .reset
        default: .unreachable
        }
    }
}
