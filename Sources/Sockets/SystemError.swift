internal import CSockets
internal import Glibc

/// What the system answered to a call that failed (errno(3)).
package struct SystemError: Error, Hashable, Sendable {
    /// One of errno(3)'s positive numbers.
    package let code: Int32

    @inlinable
    package init(code: Int32) {
        self.code = code
    }

    /// Whether the process or the system is out of descriptors, buffers or memory: not the fault
    /// of this connection, and likely to pass (accept(2)).
    package var isExhaustion: Bool {
        [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code)
    }

    /// Whether no local address, or no port of it, is left to connect from (connect(2), bind(2)).
    package var isAddressNotAvailable: Bool { code == EADDRNOTAVAIL }

    /// Whether nothing came back from the peer, in time or at all: its machine or the way there is
    /// gone (ip(7), tcp(7)). Otherwise the peer, or its system, has ended the connection itself.
    package var isPeerUnreachable: Bool {
        [ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, ENONET].contains(code)
    }

    /// Another socket has the address (bind(2)).
    package static let addressInUse = SystemError(code: EADDRINUSE)

    /// Turns a call's result, `-errno` for a failure, into the result or the error.
    @usableFromInline
    @discardableResult
    static func check<Result: BinaryInteger>(_ result: Result) throws(SystemError) -> Result {
        guard result >= 0 else { throw SystemError(code: Int32(truncatingIfNeeded: 0 - result)) }
        return result
    }
}

extension SystemError: CustomStringConvertible {
    /// The system's own words, as `Address already in use`.
    package var description: String {
        unsafe String(cString: strerror(code))
    }
}
