import Addresses
import ArgumentParser
import LoadTesting
import Sockets
import Traffic

/// The socket address of a target.
enum TargetAddress {
    /// How long an address of a name may take to answer before the next one is tried.
    private static let patienceMilliseconds: Int32 = 2_000

    /// The address of a target; of a name with several, the first that accepts a connection:
    /// `localhost` has two, and servers often listen on one of them.
    ///
    /// - Throws: exit code 1 if the name has no address; standard error says why.
    static func resolved(_ target: NamedTarget) throws -> SocketAddress {
        let address = target.target.address
        switch address.host {
        case .ip(let ip):
            return SocketAddress(ip, port: address.port)
        case .name(let name):
            let all = try addresses(of: name).map { SocketAddress($0, port: address.port) }
            if all.count > 1, let first = all.first(where: accepts) { return first }
            if let first = all.first { return first }
            StandardError.print("sluice: cannot resolve \"\(name)\": it has no address")
            throw ExitCode.failure
        }
    }

    private static func addresses(of name: String) throws -> [IPAddress] {
        do throws(Resolver.Failure) {
            return try Resolver.addresses(of: name)
        } catch {
            StandardError.print("sluice: cannot resolve \"\(name)\": \(error)")
            throw ExitCode.failure
        }
    }

    private static func accepts(_ address: SocketAddress) -> Bool {
        // `try?`: without a socket there is no connection either.
        guard let socket = try? Socket.tcp(for: address) else { return false }
        defer { socket.close() }
        switch socket.connect(to: address) {
        case .connected:
            return true
        case .inProgress:
            let isDone = socket.waitUntilReady(toWrite: true, milliseconds: patienceMilliseconds)
            return isDone && socket.takeError() == nil
        case .failed:
            return false
        }
    }
}
