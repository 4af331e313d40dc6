import COpenSSL

/// The keys of session tickets (RFC 5077, RFC 8446 §4.6.1), shared by all listeners and workers.
///
/// A key encrypts new tickets for its lifetime, and opens them for as long again. It is made, used
/// and dropped in memory only: a restart ends every session that could be resumed.
@safe public final class TLSTicketKeys: Sendable {
    // A lock of its own guards what it refers to.
    nonisolated(unsafe) let pointer: OpaquePointer

    /// Eight hours: a working day, and short of the two days that a stolen key would open.
    public static let standardLifetimeSeconds: Int64 = 28_800

    public init(lifetimeSeconds: Int64 = standardLifetimeSeconds) throws(TLSError) {
        guard let pointer = unsafe copenssl_ticket_keys_new(lifetimeSeconds) else {
            throw .badSettings(reason: TLSError.lastReason())
        }
        unsafe self.pointer = unsafe pointer
    }

    deinit {
        unsafe copenssl_ticket_keys_free(pointer)
    }

    /// Makes a new key now. Tickets of the current one are still accepted, those of the one before
    /// are not.
    public func rotate() {
        _ = unsafe copenssl_ticket_keys_rotate(pointer)
    }
}
