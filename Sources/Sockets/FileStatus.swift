internal import Glibc

/// Whose a file is and who may change it.
public struct FileStatus: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case regular, directory, socket, other
    }

    public var kind: Kind
    /// The owner's number; 0 for root.
    public var owner: UInt32
    /// Permission bits, such as 0o600.
    public var permissions: UInt32

    public init(kind: Kind, owner: UInt32, permissions: UInt32) {
        self.kind = kind
        self.owner = owner
        self.permissions = permissions
    }

    /// - Parameter path: of the file; a symbolic link counts as itself (lstat(2)).
    public init(of path: String) throws(SystemError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { throw SystemError(code: errno) }
        self.init(status)
    }

    /// - Parameter path: of the file; symbolic links are followed (stat(2)).
    public init(following path: String) throws(SystemError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw SystemError(code: errno) }
        self.init(status)
    }

    private init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFSOCK: .socket
            default: .other
            }
        owner = status.st_uid
        permissions = status.st_mode & 0o7777
    }

    /// Whether others than its owner may change it.
    public var isWritableByOthers: Bool { permissions & 0o022 != 0 }
}

/// Which file a path leads to: one that takes its place has another identity.
public struct FileIdentity: Hashable, Sendable {
    private let device: UInt64
    private let number: UInt64

    /// - Parameter path: of the file; symbolic links are followed (stat(2)).
    public init(of path: String) throws(SystemError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw SystemError(code: errno) }
        self.init(status)
    }

    fileprivate init(_ status: stat) {
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
    }
}

/// A file's content as far as its metadata tell: whatever changes it, or replaces it, makes another
/// version, and so does a change of who may read it.
public struct FileVersion: Hashable, Sendable {
    private let identity: FileIdentity
    private let byteCount: Int64
    /// In seconds and nanoseconds.
    private let modifiedAt: [Int]
    private let changedAt: [Int]

    /// - Parameter path: of the file; symbolic links are followed (stat(2)).
    public init(of path: String) throws(SystemError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw SystemError(code: errno) }
        identity = FileIdentity(status)
        byteCount = Int64(status.st_size)
        modifiedAt = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        changedAt = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
}

/// The user that this process acts as.
public enum ProcessUser {
    /// The effective user's number (geteuid(2)); 0 for root.
    public static var current: UInt32 { geteuid() }
}
