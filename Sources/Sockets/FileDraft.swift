internal import Glibc

/// A file that only its owner can read, written in pieces next to its final path, where it appears
/// complete or not at all (rename(2)). Without a ``commit()`` it goes when the object does.
public final class FileDraft: Sendable {
    private let path: String
    private let draft: String
    private let file: File

    /// Starts a file that is to replace the one at `path`, if there is one.
    public init(_ path: String) throws(SystemError) {
        self.path = path
        draft = "\(path).\(getpid())"
        // What another process of this number has left.
        _ = unsafe unlink(draft)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        file = File(descriptor: try File.open(draft, flags, mode: 0o600), isOwned: true)
    }

    deinit {
        // After a commit there is none.
        _ = unsafe unlink(draft)
    }

    public func write(_ bytes: [UInt8]) throws(SystemError) { try file.write(bytes) }

    /// Puts the file at its path, where it survives a crash of the machine (fsync(2)).
    public func commit() throws(SystemError) {
        let descriptor = file.descriptor
        try File.retrying { fsync(descriptor) }
        try File.retrying { unsafe rename(draft, path) }
    }
}
