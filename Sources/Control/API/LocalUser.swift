import Glibc
import NIOCore

/// Users of this machine.
enum LocalUser {
    /// The user of this process.
    static var current: UInt32 { getuid() }

    /// The name of a user; its number if it has none.
    static func name(of id: UInt32) -> String {
        var entry = unsafe passwd()
        var result: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4_096)
        let code = unsafe getpwuid_r(id, &entry, &buffer, buffer.count, &result)
        guard code == 0, unsafe result != nil, let name = unsafe entry.pw_name else {
            return "uid \(id)"
        }
        return unsafe String(cString: name)
    }

    /// The user at the other end of a Unix socket.
    static func peer(of channel: any Channel) async throws -> UInt32? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        let credentials: Credentials = try await provider.unsafeGetSocketOption(
            level: NIOBSDSocket.OptionLevel(rawValue: SOL_SOCKET),
            name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        ).get()
        return credentials.user
    }

    /// `struct ucred` (unix(7)), which the C library hides by default.
    private struct Credentials: Sendable {
        let process: Int32
        let user: UInt32
        let group: UInt32
    }
}
