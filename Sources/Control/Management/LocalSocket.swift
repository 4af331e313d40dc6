import Glibc
package import Settings
import Sockets

extension Topology {
    /// The gateway's local socket; `nil` for the standard one of its management address. Without
    /// such an address, a gateway with a store still has to be reached.
    package var localSocketPath: String? {
        management.socket ?? (management.address == nil ? storePath.map { "\($0).sock" } : nil)
    }
}

/// Why there is no local socket. Each case names the remedy.
enum LocalSocketError: Error, CustomStringConvertible {
    case tooLong(String)
    case openFolder(String)
    case occupied(String)
    case system(String, SystemError)

    var description: String {
        switch self {
        case .tooLong(let path):
            "\(path) is too long (at most \(ManagementSocket.pathLimit - 1) bytes; set"
                + " management.socket)"
        case .openFolder(let folder):
            "others can write to \(folder) (set management.socket to a path in a folder of the"
                + " gateway's own)"
        case .occupied(let path): "\(path) exists and is not a socket"
        case .system(let path, let error): "\(path): \(error)"
        }
    }
}

/// The socket over which users of this machine manage the gateway without a key.
enum LocalSocket {
    /// Makes the socket's folder, if there is none, and removes the socket of an earlier process.
    static func prepare(_ path: String) throws(LocalSocketError) {
        guard path.utf8.count < ManagementSocket.pathLimit else { throw .tooLong(path) }
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        if unsafe mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw .system(folder, SystemError(code: errno))
        }
        guard ManagementSocket.isPrivateFolder(folder, user: LocalUser.current) else {
            throw .openFolder(folder)
        }
        // `try?`: usually there is nothing.
        guard let status = try? FileStatus(of: path) else { return }
        guard status.kind == .socket else { throw .occupied(path) }
        File.remove(path)
    }

    /// Closes the socket to other users.
    ///
    /// - Returns: what ``remove(_:ifStill:)`` takes.
    static func restrict(_ path: String) -> FileIdentity? {
        _ = unsafe chmod(path, 0o600)
        // `try?`: a socket that is gone need not be removed.
        return try? FileIdentity(of: path)
    }

    /// Removes the socket, unless a successor has put its own in its place.
    static func remove(_ path: String, ifStill own: FileIdentity?) {
        // `try?`: as above.
        guard let own, (try? FileIdentity(of: path)) == own else { return }
        File.remove(path)
    }
}
