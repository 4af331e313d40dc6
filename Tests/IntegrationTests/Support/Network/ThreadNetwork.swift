import Foundation
import Glibc

/// Which network a thread is in: Linux keeps that for each thread, not for the process
/// (network_namespaces(7)).
enum ThreadNetwork {
    /// Runs `body` on this thread, in the network that `path` names, and returns to its own.
    static func borrow<Result>(_ path: String, for body: () throws -> Result) throws -> Result {
        let own = try open("/proc/thread-self/ns/net")
        let borrowed = try open(path)
        try enter(borrowed)
        defer {
            // Whatever else ran on this thread would be in the wrong network, and fail elsewhere.
            do { try enter(own) } catch { fatalError("cannot leave a network: \(error)") }
        }
        return try body()
    }

    /// Equal for the names of one network (`net:[4026531840]`).
    static func identity(of path: String) throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: path)
    }

    private static func open(_ path: String) throws -> FileHandle {
        try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    }

    private static func enter(_ network: FileHandle) throws {
        // A GNU extension, which Swift's Glibc module leaves out.
        guard let symbol = unsafe dlsym(nil, "setns") else { throw HarnessError("no setns") }
        let setns = unsafe unsafeBitCast(symbol, to: SetNamespace.self)
        guard setns(network.fileDescriptor, 0) == 0 else { throw SocketError("setns") }
    }

    /// setns(2): a descriptor, and the type that it must have, or 0 for any.
    private typealias SetNamespace = @convention(c) (Int32, Int32) -> Int32
}
