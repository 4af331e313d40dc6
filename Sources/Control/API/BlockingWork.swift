import Dispatch
import Sockets
import Synchronization

/// Work that blocks, on threads of its own: the few that all tasks share stay free.
enum BlockingWork {
    private static let queue = DispatchQueue(
        label: "sluice.blocking",
        qos: .utility,
        attributes: .concurrent
    )
    /// At the same time.
    private static let room = DispatchSemaphore(value: 4)

    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws
        -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                room.wait()
                defer { room.signal() }
                continuation.resume(with: Result { try work() })
            }
        }
    }
}

/// A temporary file that is read once: it has no name from the start on, so that nothing remains of
/// it.
final class BackupFile: Sendable {
    private static let pieceByteCount = 262_144
    private let file: Mutex<File>

    /// Opens a file and removes its name.
    init(_ path: String) throws(SystemError) {
        defer { File.remove(path) }
        file = Mutex(try File(reading: path))
    }

    /// The next bytes; none at the end.
    func read() throws -> [UInt8] {
        try file.withLock { file in try file.read(upTo: Self.pieceByteCount) }
    }
}
