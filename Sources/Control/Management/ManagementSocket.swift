package import Addresses
import Sockets

/// The local socket of a gateway, as its server and its clients on the same machine agree on it.
package enum ManagementSocket {
    /// In bytes, with the zero at its end (unix(7)).
    package static let pathLimit = 108

    /// The socket of the gateway whose management address is `address`:
    /// `/run/sluice/127.0.0.1-7080.sock` for root and under systemd (`RUNTIME_DIRECTORY`), otherwise
    /// below `XDG_RUNTIME_DIR` or `/tmp`.
    ///
    /// - Parameters:
    ///   - address: the unspecified address stands for the loopback address.
    ///   - user: of the gateway, which is also its clients'.
    package static func standardPath(
        for address: SocketAddress,
        user: UInt32,
        environment: [String: String]
    ) -> String {
        let ip = ManagementAddress.reachable(address.ip)
        return "\(folder(of: user, environment))/\(ip)-\(address.port).sock"
    }

    private static func folder(of user: UInt32, _ environment: [String: String]) -> String {
        // Several are separated by colons (systemd.exec(5)).
        if let runtime = environment["RUNTIME_DIRECTORY"]?.split(separator: ":").first {
            return String(runtime)
        }
        if user == 0 { return "/run/sluice" }
        // A relative path is to be ignored (XDG Base Directory Specification).
        if let runtime = environment["XDG_RUNTIME_DIR"], runtime.hasPrefix("/") {
            return "\(runtime)/sluice"
        }
        return "/tmp/sluice-\(user)"
    }

    /// Whether there is a socket at `path` that only root or `user` can have put there, or, if `user`
    /// is root, a service's user to whom root has given the folder: a client may believe what
    /// answers.
    package static func isTrusted(_ path: String, user: UInt32) -> Bool {
        guard path.utf8.count < pathLimit, let slash = path.lastIndex(of: "/") else { return false }
        let folder = String(path[..<slash])
        // `try?`: without a socket there is nothing to trust.
        guard let socket = try? FileStatus(of: path), socket.kind == .socket else { return false }
        if isPrivateFolder(folder, user: user) { return isOwn(socket, user: user) }
        return user == 0 && isGiven(folder, to: socket.owner)
    }

    /// Whether a folder belongs to a user, and only root can have made it so, as systemd makes
    /// `/run/sluice` for the service.
    private static func isGiven(_ path: String, to user: UInt32) -> Bool {
        guard isPrivateFolder(path, user: user), let slash = path.lastIndex(of: "/") else {
            return false
        }
        return isPrivateFolder(slash == path.startIndex ? "/" : String(path[..<slash]), user: 0)
    }

    /// Whether a server of `user` may put its socket into the folder.
    package static func isPrivateFolder(_ path: String, user: UInt32) -> Bool {
        // `try?`: a folder that is not there is nobody's.
        guard let folder = try? FileStatus(of: path) else { return false }
        return folder.kind == .directory && isOwn(folder, user: user) && !folder.isWritableByOthers
    }

    private static func isOwn(_ status: FileStatus, user: UInt32) -> Bool {
        status.owner == 0 || status.owner == user
    }
}
