public import Core
import Glibc
import Synchronization

/// Where a log goes: a standard stream, or a file that can be opened anew.
public final class LogDestination: Sendable {
    /// A log file could not be opened: the operator's fault, or a full disk.
    public struct OpenError: Error, CustomStringConvertible {
        public let path: String
        public let reason: String
        public var description: String { "cannot open the log file \(path): \(reason)" }
    }

    /// `nil` for a standard stream.
    private let path: String?
    private let descriptor: Mutex<Int32>

    private init(path: String?, descriptor: Int32) {
        self.path = path
        self.descriptor = Mutex(descriptor)
    }

    /// The program's standard error stream.
    public static let standardError = LogDestination(path: nil, descriptor: STDERR_FILENO)

    /// The destination that the configuration names; `nil` for none.
    public static func of(_ setting: LogSettings.AccessLog) throws(OpenError) -> LogDestination? {
        switch setting {
        case .off: nil
        case .stdout: LogDestination(path: nil, descriptor: STDOUT_FILENO)
        case .stderr: standardError
        case .file(let path): LogDestination(path: path, descriptor: try open(path))
        }
    }

    deinit {
        if path != nil { _ = close(descriptor.withLock { $0 }) }
    }

    private static func open(_ path: String) throws(OpenError) -> Int32 {
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC
        let opened = unsafe Glibc.open(path, flags, 0o640)
        guard opened >= 0 else {
            throw OpenError(path: path, reason: unsafe String(cString: strerror(errno)))
        }
        return opened
    }

    /// Opens the file anew under its path. A standard stream stays as it is.
    public func reopen() throws(OpenError) {
        guard let path else { return }
        let opened = try Self.open(path)
        let old = descriptor.withLock { descriptor in
            defer { descriptor = opened }
            return descriptor
        }
        _ = close(old)
    }

    /// Writes all of `bytes`; blocks as long as the reader takes.
    ///
    /// - Returns: false if the reader is gone or the disk is full.
    func write(_ bytes: [UInt8]) -> Bool {
        let descriptor = descriptor.withLock { $0 }
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
                return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            switch (count, errno) {
            case (1..., _): offset += count
            case (_, EINTR): continue
            case (_, EAGAIN): waitForReader(of: descriptor)
            default: return false
            }
        }
        return true
    }

    /// A standard stream may be a non-blocking pipe that somebody else has set up.
    private func waitForReader(of descriptor: Int32) {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&entry, 1, 1_000)
    }
}
