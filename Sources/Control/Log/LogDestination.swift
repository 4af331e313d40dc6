import Glibc
package import Settings
import Sockets
import Synchronization

/// The destination of a log: a standard stream, or a file that can be reopened.
///
/// It keeps lines whole. If a write ends in the middle of a line (disk full, reader gone), the rest
/// of that line is written before anything else.
package final class LogDestination: Sendable {
    /// A log file could not be opened: the operator's error, or a full disk.
    package struct OpenError: Error, CustomStringConvertible {
        package let path: String
        package let reason: String
        package var description: String { "cannot open the log file \(path): \(reason)" }
    }

    /// Lines that were not written, and why.
    struct Loss: Equatable {
        var lineCount: Int
        /// The system's text.
        var reason: String
    }

    fileprivate struct File {
        var descriptor: Int32
        /// What is missing of a line that was written only in part.
        var rest: [UInt8] = []
    }

    /// `nil` for a standard stream.
    private let path: String?
    private let file: Mutex<File>

    private init(path: String?, descriptor: Int32) {
        self.path = path
        file = Mutex(File(descriptor: descriptor))
    }

    /// The program's standard error stream.
    package static let standardError = LogDestination(path: nil, descriptor: STDERR_FILENO)

    /// The destination that the configuration names; `nil` for none.
    package static func of(_ setting: LogSettings.AccessLog) throws(OpenError) -> LogDestination? {
        switch setting {
        case .off: nil
        case .stdout: LogDestination(path: nil, descriptor: STDOUT_FILENO)
        case .stderr: standardError
        case .file(let path): LogDestination(path: path, descriptor: try open(path))
        }
    }

    deinit {
        if path != nil { _ = close(file.withLock { $0.descriptor }) }
    }

    /// Does not wait, not even for the reader of a named pipe (fifo(7)).
    private static func open(_ path: String) throws(OpenError) -> Int32 {
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        let opened = unsafe Glibc.open(path, flags, 0o640)
        guard opened >= 0 else {
            let reason =
                errno == ENXIO
                ? "it is a named pipe without a reader (start the reader first)"
                : SystemError(code: errno).description
            throw OpenError(path: path, reason: reason)
        }
        return opened
    }

    /// Opens the file again under its path; a standard stream stays as it is.
    ///
    /// - Returns: whether the old file ends in the middle of a line, which is then lost.
    @discardableResult
    package func reopen() throws(OpenError) -> Bool {
        guard let path else { return false }
        let opened = try Self.open(path)
        let old = file.withLock { file in
            defer { file = File(descriptor: opened) }
            return file
        }
        _ = close(old.descriptor)
        return !old.rest.isEmpty
    }

    /// Writes all of `lines`, each of which ends with a line feed. Blocks while the reader is slow.
    ///
    /// - Returns: `nil` if all of them are written.
    func write(_ lines: [UInt8]) -> Loss? {
        file.withLock { file in
            if let error = file.writeRest() { return Loss(of: lines[...], error) }
            let (written, error) = file.write(lines[...])
            guard let error else { return nil }
            let isCut = written > 0 && lines[written - 1] != Self.lineFeed
            let end = lines[written...].firstIndex(of: Self.lineFeed) ?? lines.count - 1
            let next = isCut ? end + 1 : written
            file.rest = Array(lines[written..<next])
            return Loss(of: lines[next...], error)
        }
    }

    fileprivate static let lineFeed = UInt8(ascii: "\n")
}

extension LogDestination.File {
    /// - Returns: why the last line still has no end; `nil` if it has one.
    fileprivate mutating func writeRest() -> Int32? {
        guard !rest.isEmpty else { return nil }
        let (written, error) = write(rest[...])
        rest.removeFirst(written)
        return error
    }

    /// - Returns: how many bytes are written and, if that is not all, errno(3)'s reason.
    fileprivate func write(_ bytes: ArraySlice<UInt8>) -> (count: Int, error: Int32?) {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
                return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            switch (count, errno) {
            case (1..., _): offset += count
            case (_, EINTR): continue
            case (_, EAGAIN): waitForReader()
            case (_, let code): return (offset, code)
            }
        }
        return (offset, nil)
    }

    /// A standard stream may be a non-blocking pipe set up by another program.
    private func waitForReader() {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&entry, 1, 1_000)
    }
}

extension LogDestination.Loss {
    fileprivate init(of lines: ArraySlice<UInt8>, _ error: Int32) {
        lineCount = lines.count { $0 == LogDestination.lineFeed }
        reason = SystemError(code: error).description
    }
}
