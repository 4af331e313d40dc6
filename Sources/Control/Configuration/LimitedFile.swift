import CDispatch  // stat(2)'s structure
import Glibc
import Settings
import Sockets
import Time

/// A regular file of limited size, read as a whole.
///
/// A pipe or device could block its reader indefinitely: it is rejected, and opening it does not
/// block.
struct LimitedFile {
    let path: String
    /// In bytes.
    let sizeLimit: Int

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

    /// The file's content, unless it still has the stamp `known`.
    func reading(unless known: FileStamp?) throws(UnreadableFile) -> FileReading {
        let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw .system(errno) }
        // It was only read: there is nothing that closing could lose.
        defer { _ = close(descriptor) }
        let status = try Self.status(of: descriptor)
        let size = Int(status.st_size)
        guard size <= sizeLimit else { throw tooLarge }
        let stamp = FileStamp(status)
        if let known, known.identity == stamp.identity { return .unchanged }
        return .content(try contents(of: descriptor, size: size), stamp)
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
        var capacity = min(size, sizeLimit) + 1
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
