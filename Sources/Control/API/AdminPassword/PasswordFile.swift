import MySQLClient
import Sockets

/// The file with the password of a warehouse's administrator.
struct PasswordFile: Sendable {
    /// Longer than any password.
    private static let byteLimit = 1_024

    let path: String

    /// What is in the file, without the line feed at its end.
    ///
    /// - Throws: if others could have read or replaced it, too.
    func read() throws(PasswordFileError) -> Password {
        try check()
        var bytes: [UInt8]
        do throws(SystemError) {
            bytes = try File(reading: path).readToEnd(limit: Self.byteLimit + 1)
        } catch {
            throw .unreadable(path, error)
        }
        guard bytes.count <= Self.byteLimit else { throw .tooLong(path) }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        guard !bytes.isEmpty, !bytes.contains(0) else { throw .empty(path) }
        return Password(bytes: bytes)
    }

    /// A file with another password that is to replace this one.
    func draft(_ password: Password) throws(PasswordFileError) -> FileDraft {
        do throws(SystemError) {
            let draft = try FileDraft(path)
            try draft.write(password.bytes + [UInt8(ascii: "\n")])
            return draft
        } catch {
            throw .notWritable(path, error)
        }
    }

    private func check() throws(PasswordFileError) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let status: FileStatus
        do throws(SystemError) {
            status = try FileStatus(of: path)
        } catch {
            throw .unreadable(path, error)
        }
        guard status.kind == .regular else { throw .notAFile(path) }
        guard status.owner == 0 || status.owner == LocalUser.current else {
            throw .foreign(path, owner: LocalUser.name(of: status.owner))
        }
        guard status.permissions & 0o077 == 0 else { throw .open(path, status.permissions) }
        // The folder itself, not a link to it, such as systemd's /var/lib/sluice.
        guard ManagementSocket.isPrivateFolder("\(folder)/.", user: LocalUser.current) else {
            throw .openFolder(folder)
        }
    }
}

/// Why a file is not used. Each case names the remedy; none has a byte of the file.
enum PasswordFileError: Error, Hashable, CustomStringConvertible {
    case unreadable(String, SystemError)
    case notAFile(String)
    case foreign(String, owner: String)
    case open(String, UInt32)
    case openFolder(String)
    case tooLong(String)
    case empty(String)
    case notWritable(String, SystemError)

    var description: String {
        switch self {
        case .unreadable(let path, let error): "cannot read \(path): \(error)"
        case .notAFile(let path): "\(path) is not a regular file (a link could lead anywhere)"
        case .foreign(let path, let owner):
            "\(path) belongs to \(owner) (it must belong to the gateway's user or to root)"
        case .open(let path, let permissions):
            "others can read or change \(path) (mode \(String(permissions, radix: 8)); chmod 600)"
        case .openFolder(let folder):
            "\(folder) belongs to another user, or others can write to it (put the file into a"
                + " folder of the gateway's own)"
        case .tooLong(let path): "\(path) is too long for a password"
        case .empty(let path): "\(path) has no password"
        case .notWritable(let path, let error):
            "cannot replace \(path): \(error) (the gateway's user must be able to write to its"
                + " folder)"
        }
    }
}
