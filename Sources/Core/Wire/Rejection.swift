public import Addresses

/// What a denied client is told, in its own protocol.
public enum Rejection {
    /// A complete answer, to be written at once: before a MySQL greeting, or in place of an HTTP
    /// response. Empty for `tcp`, of whose clients nothing is known.
    ///
    /// An HTTP client may still be sending its request: close its direction, read and drop the rest
    /// for a moment, then close; else the reset overtakes the answer.
    public static func bytes(
        for protocol: Listener.ServiceProtocol,
        reason: DenialReason,
        client: IPAddress
    ) -> [UInt8] {
        switch `protocol` {
        case .mysql:
            let error = MySQLErrorPacket(reason: reason, client: client, sqlState: nil)
            return MySQLPacket(sequence: 0, payload: error.payload).bytes
        case .http:
            return HTTPRejection(reason: reason, client: client).bytes
        case .tcp:
            return []
        }
    }
}

extension MySQLErrorPacket {
    /// The error that tells `client` why it was denied: 1130, or 1040 for what may pass by itself.
    ///
    /// - Parameter sqlState: `nil` before a greeting.
    public init(reason: DenialReason, client: IPAddress, sqlState: String?) {
        let code = reason.family == .access ? Self.hostNotPrivileged : Self.tooManyConnections
        self.init(code: code, sqlState: sqlState, message: reason.message(to: client))
    }
}
