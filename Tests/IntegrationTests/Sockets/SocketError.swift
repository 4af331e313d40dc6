import Glibc

/// A system call that failed in a test's own socket.
struct SocketError: Error, CustomStringConvertible {
    var operation: String
    var code: Int32

    /// Takes `errno`.
    init(_ operation: String) {
        self.operation = operation
        code = errno
    }

    var isDeadline: Bool { code == EAGAIN || code == ETIMEDOUT }
    var description: String { unsafe "\(operation): \(String(cString: strerror(code)))" }
}
