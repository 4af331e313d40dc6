import Foundation

/// A network stack of its own, as a VPC is one: interfaces, addresses, routes and ports that no
/// other sees, and that may overlap with others'.
///
/// It has no name on the machine. A process that only sleeps holds it, and the kernel removes it,
/// with every interface and route in it, once that process and all others in it have ended. So
/// nothing is left behind, not by a failed test and not by a crash (``Reaper``).
final class NetworkNamespace: Sendable {
    private let holder: ChildProcess

    /// An empty one: it has a loopback interface and no other.
    init() throws {
        holder = try ChildProcess(
            "unshare",
            ["--net", "sleep", "infinity"],
            folder: try TemporaryFolder()
        )
        try waitUntilSeparate()
        try configure("link set lo up")
    }

    /// Runs `body` with this network: the sockets that it opens, the programs and the threads that
    /// it starts belong to it.
    ///
    /// Only `body`'s own threads may be started (``inThread(_:)``): a thread of a shared pool would
    /// stay in this network and serve others.
    func inside<Result>(_ body: () throws -> Result) throws -> Result {
        try ThreadNetwork.borrow(path, for: body)
    }

    /// Runs commands of ip(8) in this network, written without the word `ip`.
    func configure(_ commands: String...) throws {
        let folder = try TemporaryFolder()
        let batch = try folder.write(commands.joined(separator: "\n") + "\n", to: "batch")
        let result = try inside { try runProgram("ip", ["-batch", batch]) }
        guard result.status == 0 else {
            throw HarnessError("ip \(commands): \(result.errorOutput)")
        }
    }

    /// Lays a cable, a veth pair, between an interface of this network and one of another.
    func connect(_ interface: String, to other: NetworkNamespace, _ otherInterface: String) throws {
        try configure(
            """
            link add \(interface) type veth \
            peer name \(otherInterface) netns \(other.holder.identifier)
            """,
            "link set \(interface) up"
        )
        try other.configure("link set \(otherInterface) up")
    }

    /// Sets a parameter of the kernel's IPv4 that each network has for itself.
    func set(_ parameter: String, to value: some CustomStringConvertible) throws {
        let file = "/proc/sys/net/ipv4/\(parameter)"
        try inside { try "\(value)".write(toFile: file, atomically: false, encoding: .utf8) }
    }

    private var path: String { "/proc/\(holder.identifier)/ns/net" }

    private func waitUntilSeparate() throws {
        let own = try ThreadNetwork.identity(of: "/proc/self/ns/net")
        try wait(for: "a network of its own; \(holder.errorOutput)") {
            guard holder.isRunning else { throw HarnessError(holder.errorOutput) }
            return try ThreadNetwork.identity(of: path) != own
        }
    }
}
