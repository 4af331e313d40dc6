import CDispatch  // stat(2)'s structure
import Glibc
import Settings
import Sockets
import Time

/// A regular file of limited size, read as a whole.
///
/// A pipe or device could block its reader indefinitely: it is rejected, and opening it does not
/// block. A file that somebody is writing in place is read once it is complete, as far as that can
/// be told: half a list may admit clients that the whole one denies.
struct LimitedFile {
    /// How its writers write it.
    enum Writing {
        /// In place, perhaps.
        case inPlace
        /// In place, perhaps, and its last line should have an end (IEEE Std 1003.1, "Text File").
        case linesInPlace
        /// Always whole: by rename(2), or by the kernel when it is read (proc(5)).
        case atomically
    }

    /// How long a file must not have changed before it is read, in microseconds. Beyond the
    /// resolution of the file system's clock, so that every later change shows.
    private static let restTime: Int64 = 25_000
    /// The same of a file whose last line has no end.
    private static let unfinishedRestTime: Int64 = 1_000_000
    /// For a file that is being written.
    private static let patience = Duration.seconds(3)

    let path: String
    /// In bytes.
    let sizeLimit: Int
    var writing = Writing.inPlace

    /// The file's whole text, without a byte order mark.
    func text() throws(UnreadableFile) -> String {
        let bytes = try bytes()
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw UnreadableFile(reason: Self.encoding(of: bytes))
        }
        return text.hasPrefix("\u{FEFF}") ? String(text.unicodeScalars.dropFirst()) : text
    }

    func bytes() throws(UnreadableFile) -> [UInt8] {
        guard case .content(let bytes, _) = try reading(unless: nil) else { return [] }
        return bytes
    }

    /// The file's content, unless it still has the stamp `known`. Blocks while the file is being
    /// written, for a few seconds at most.
    func reading(unless known: FileStamp?) throws(UnreadableFile) -> FileReading {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let (reading, rest) = try attempt(unless: known)
            if rest <= 0 { return reading }
            guard ContinuousClock.now < deadline else {
                throw UnreadableFile(
                    reason: "it is being written (write to another file and rename that)"
                )
            }
            Clock.sleep(milliseconds: UInt32(clamping: rest / 1_000 + 1))
        }
    }

    /// Reads the file once.
    ///
    /// - Returns: also how long it must stay as it is before the content can be trusted, in
    ///   microseconds.
    private func attempt(unless known: FileStamp?) throws(UnreadableFile)
        -> (reading: FileReading, rest: Int64)
    {
        let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw .system(errno) }
        // It was only read: there is nothing that closing could lose.
        defer { _ = close(descriptor) }
        let status = try Self.status(of: descriptor)
        let size = Int(status.st_size)
        guard size <= sizeLimit else { throw tooLarge }
        let stamp = FileStamp(status)
        if let known, known.identity == stamp.identity { return (.unchanged, 0) }
        let bytes = try contents(of: descriptor, size: size)
        let after = FileStamp(try Self.status(of: descriptor))
        guard after.identity == stamp.identity else {
            return (.content(bytes, nil), Self.restTime)
        }
        guard writing != .atomically else { return (.content(bytes, stamp), 0) }
        let isUnfinished = writing == .linesInPlace && bytes.isUnfinishedText
        let restTime = isUnfinished ? Self.unfinishedRestTime : Self.restTime
        let age = Clock.realtimeMicroseconds() - status.changedAtMicroseconds
        // A clock that was set back says nothing.
        return (.content(bytes, stamp), age < 0 ? 0 : restTime - age)
    }

    private var tooLarge: UnreadableFile {
        UnreadableFile(reason: "larger than \(sizeLimit >> 20) MiB")
    }

    private static func status(of descriptor: Int32) throws(UnreadableFile) -> stat {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .system(errno) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return status
        case S_IFDIR: throw .system(EISDIR)
        case S_IFIFO: throw .notRegular("a pipe")
        case S_IFSOCK: throw .notRegular("a socket")
        default: throw .notRegular("a device")
        }
    }

    /// The file may have grown since it said its size; one byte beyond the limit is read at most.
    private func contents(of descriptor: Int32, size: Int) throws(UnreadableFile) -> [UInt8] {
        var bytes: [UInt8] = []
        // Files of the kernel have no size, and some are read in one piece only (proc(5)).
        var capacity = min(max(size, 4_096), sizeLimit) + 1
        while bytes.count <= sizeLimit {
            var failure: Int32 = 0
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                let result = unsafe read(descriptor, buffer.baseAddress, buffer.count)
                failure = result < 0 ? errno : 0
                count = max(result, 0)
            }
            if failure == EINTR { continue }
            guard failure == 0 else { throw .system(failure) }
            guard !piece.isEmpty else { return bytes }
            bytes = bytes.isEmpty ? piece : bytes + piece
            capacity = min(1 << 20, sizeLimit - min(bytes.count, sizeLimit) + 1)
        }
        throw tooLarge
    }

    /// What some editors save instead of UTF-8.
    private static func encoding(of bytes: [UInt8]) -> String {
        let isUTF16 = bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff])
        return isUTF16 ? "it is UTF-16 (save it as UTF-8)" : "it is not UTF-8"
    }
}

extension [UInt8] {
    /// Whether nothing has been written yet, or the last line has no end. JSON often has none, and a
    /// compiled list is not text.
    fileprivate var isUnfinishedText: Bool {
        guard let last else { return true }
        guard !prefix(64).contains(0) else { return false }
        return !"\n\r}]".utf8.contains(last)
    }
}

extension stat {
    fileprivate var changedAtMicroseconds: Int64 {
        Int64(st_mtim.tv_sec) * 1_000_000 + Int64(st_mtim.tv_nsec) / 1_000
    }
}

extension FileStamp {
    /// A change within the file system's resolution of time after the last one would not show.
    private static let settlingSeconds: Int64 = 2

    fileprivate init(_ status: stat) {
        let changed = max(status.st_mtim.tv_sec, status.st_ctim.tv_sec)
        self.init(
            identity: [
                Int64(truncatingIfNeeded: status.st_dev), Int64(truncatingIfNeeded: status.st_ino),
                Int64(status.st_size), Int64(status.st_mtim.tv_sec),
                Int64(status.st_mtim.tv_nsec), Int64(status.st_ctim.tv_sec),
                Int64(status.st_ctim.tv_nsec),
            ],
            byteCount: Int(status.st_size),
            isSettled: Int64(changed) + Self.settlingSeconds <= UnixTime.systemTime.seconds
        )
    }
}

extension UnreadableFile {
    /// The system's own text, which is the clearest.
    fileprivate static func system(_ code: Int32) -> UnreadableFile {
        UnreadableFile(reason: SystemError(code: code).description)
    }

    fileprivate static func notRegular(_ kind: String) -> UnreadableFile {
        UnreadableFile(reason: "it is \(kind), not a regular file (copy its contents to a file)")
    }
}
