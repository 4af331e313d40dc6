internal import Glibc

/// An open file, pipe or standard stream, read or written in the order of its bytes. Every call may
/// block, so that none is made on a shard.
public struct File: ~Copyable, Sendable {
    let descriptor: Int32
    /// A standard stream outlives its writers.
    private let isOwned: Bool

    init(descriptor: Int32, isOwned: Bool) {
        self.descriptor = descriptor
        self.isOwned = isOwned
    }

    deinit {
        if isOwned { _ = close(descriptor) }
    }

    public static var standardInput: File { File(descriptor: STDIN_FILENO, isOwned: false) }
    public static var standardOutput: File { File(descriptor: STDOUT_FILENO, isOwned: false) }
    public static var standardError: File { File(descriptor: STDERR_FILENO, isOwned: false) }

    /// Opens the file at `path` for reading, even a pipe such as `<(…)`.
    public init(reading path: String) throws(SystemError) {
        self.init(descriptor: try Self.open(path, O_RDONLY), isOwned: true)
    }

    /// Makes the file at `path`, or empties the one that is there.
    public init(creating path: String) throws(SystemError) {
        self.init(descriptor: try Self.open(path, O_WRONLY | O_CREAT | O_TRUNC), isOwned: true)
    }

    /// Opens the file at `path` for reading and writing. If there is none, makes one that only its
    /// owner can read.
    public init(private path: String) throws(SystemError) {
        let descriptor = try Self.open(path, O_RDWR | O_CREAT, mode: 0o600)
        self.init(descriptor: descriptor, isOwned: true)
    }

    static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o644)
        throws(SystemError) -> Int32
    {
        try retrying { unsafe Glibc.open(path, flags | O_CLOEXEC, mode) }
    }

    /// Whether a person watches (isatty(3)).
    public var isTerminal: Bool { isatty(descriptor) == 1 }
}

extension File {
    /// The next bytes, at most `byteCount` and as few as are there; none at the end.
    public func read(upTo byteCount: Int) throws(SystemError) -> [UInt8] {
        var result = Result<Int, SystemError>.success(0)
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            let start = buffer.baseAddress
            result = Self.result(of: { unsafe Glibc.read(descriptor, start, byteCount) })
            // `try?`: the error is thrown below.
            count = (try? result.get()) ?? 0
        }
        _ = try result.get()
        return bytes
    }

    /// Everything up to the end, or the first `limit` bytes of it.
    public func readToEnd(limit: Int = .max) throws(SystemError) -> [UInt8] {
        var all: [UInt8] = []
        while all.count < limit {
            // Chunks grow with what is there: few calls, and little more memory than needed.
            let byteCount = min(max(all.count, 1 << 16), 1 << 24)
            let piece = try read(upTo: min(byteCount, limit - all.count))
            if piece.isEmpty { break }
            all.append(contentsOf: piece)
        }
        return all
    }

    /// Writes all of `bytes`, however long its reader takes.
    public func write(_ bytes: [UInt8]) throws(SystemError) {
        var offset = 0
        while offset < bytes.count {
            do throws(SystemError) {
                offset += try Self.retrying {
                    unsafe bytes.withUnsafeBytes { buffer in
                        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
                        return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
                    }
                }
            } catch  where error.code == EAGAIN {
                waitForReader()
            }
        }
    }

    /// Writes all of `bytes` at a place in a regular file (pwrite(2)).
    public func write(_ bytes: [UInt8], at place: Int) throws(SystemError) {
        var offset = 0
        while offset < bytes.count {
            offset += try Self.retrying {
                unsafe bytes.withUnsafeBytes { buffer in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
                    return unsafe pwrite(descriptor, rest.baseAddress, rest.count, place + offset)
                }
            }
        }
    }

    /// Waits until what was written survives a crash of the machine (fdatasync(2)).
    public func synchronizeData() throws(SystemError) {
        try Self.retrying { fdatasync(descriptor) }
    }

    /// A standard stream may be a non-blocking pipe that another process has set up.
    private func waitForReader() {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&entry, 1, 1_000)
    }
}

extension File {
    /// Puts `bytes` at `path` atomically: written next to it and renamed (rename(2)). If what is
    /// there is not a regular file but, for instance, a pipe or a device, it is written to.
    ///
    /// - Parameters:
    ///   - isDurable: whether the bytes are to survive a crash of the machine (fsync(2)).
    ///   - isPrivate: whether only the owner may read the file, if it is made.
    public static func replace(
        _ path: String,
        with bytes: [UInt8],
        isDurable: Bool = false,
        isPrivate: Bool = false
    ) throws(SystemError) {
        var status = stat()
        if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            return try File(creating: path).write(bytes)
        }
        let draft = "\(path).\(getpid())"
        do throws(SystemError) {
            let file = try isPrivate ? File(private: draft) : File(creating: draft)
            try file.write(bytes)
            if isDurable { try retrying { fsync(file.descriptor) } }
            try retrying { unsafe rename(draft, path) }
        } catch {
            _ = unsafe unlink(draft)
            throw error
        }
    }

    /// Waits until the name of the file at `path` survives a crash of the machine: fsync(2) of its
    /// folder.
    public static func synchronizeFolder(of path: String) throws(SystemError) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let file = File(descriptor: try open(folder, O_RDONLY | O_DIRECTORY), isOwned: true)
        try retrying { fsync(file.descriptor) }
    }

    /// Removes the file at `path`, if there is one.
    public static func remove(_ path: String) {
        _ = unsafe unlink(path)
    }

    /// Makes a call that returns -1 for a failure, and repeats it while signals interrupt it.
    @discardableResult
    static func retrying<Value: BinaryInteger>(_ call: () -> Value) throws(SystemError)
        -> Value
    {
        try result(of: call).get()
    }

    private static func result<Value: BinaryInteger>(of call: () -> Value)
        -> Result<Value, SystemError>
    {
        while true {
            let value = call()
            if value >= 0 { return .success(value) }
            let code = errno
            if code != EINTR { return .failure(SystemError(code: code)) }
        }
    }
}

/// A lock that one process holds at a time, on a file of its own (flock(2)). It is released when the
/// object goes, or the process ends in any way.
public final class FileLock: Sendable {
    private let file: File

    /// Takes the lock, without waiting. The file is created if there is none.
    ///
    /// - Throws: ``SystemError/wouldBlock`` if another process holds it.
    public init(_ path: String) throws(SystemError) {
        file = try File(private: path)
        guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw SystemError(code: errno)
        }
    }
}

extension SystemError {
    /// There is no file at a path (ENOENT).
    public static let noSuchFile = SystemError(code: ENOENT)
    /// Another process holds what was asked for (EWOULDBLOCK).
    public static let wouldBlock = SystemError(code: EWOULDBLOCK)
}
