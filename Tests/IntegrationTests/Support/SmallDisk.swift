import Foundation
import Testing

/// A small file system in memory, that only a process of its own has mounted: it goes with that
/// process.
final class SmallDisk: Sendable {
    private let holder: ChildProcess
    /// Where it is mounted; without the folder the mount would go.
    private let folder: TemporaryFolder
    /// Its path for programs that are run with ``entry``.
    var mountPath: String { folder.path }
    /// What a command begins with whose program has it mounted too.
    var entry: [String] { ["nsenter", "--target=\(holder.identifier)", "--mount", "--"] }
    /// Reaches into the holder's file systems (proc(5), `root`).
    let path: String

    init(byteCount: Int = 65_536) throws {
        folder = try TemporaryFolder()
        holder = try ChildProcess(
            "unshare",
            [
                "--mount", "sh", "-c",
                "mount -t tmpfs -o size=\(byteCount) disk \"$0\" && exec sleep infinity",
                folder.path,
            ],
            folder: try TemporaryFolder()
        )
        path = "/proc/\(holder.identifier)/root\(folder.path)"
        try wait(for: "a small disk; \(holder.errorOutput)") {
            guard holder.isRunning else { throw HarnessError(holder.errorOutput) }
            return try freeByteCount() == byteCount
        }
    }

    private var filler: String { path + "/filler" }

    private func freeByteCount() throws -> Int {
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: path)
        return (attributes[.systemFreeSize] as? NSNumber)?.intValue ?? 0
    }

    /// Writes a file of all that is free but for so many bytes.
    func fill(leaving rest: Int) throws {
        try wait(for: "a disk on which all but \(rest) bytes are used") {
            // It fails if somebody else has written meanwhile.
            let bytes = Data(count: max(0, try freeByteCount() - rest))
            if (try? bytes.write(to: URL(fileURLWithPath: filler))) != nil { return true }
            try? empty()
            return false
        }
    }

    /// Removes that file.
    func empty() throws {
        try FileManager.default.removeItem(atPath: filler)
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips what needs a file system of its own where none can be mounted, and says why.
    static var onlyWithSmallDisks: Self {
        .enabled(if: SmallDisk.obstacle == nil, SmallDisk.obstacle.map(Comment.init(rawValue:)))
    }
}

extension SmallDisk {
    /// Why none can be mounted here; `nil` where it can.
    fileprivate static let obstacle: String? = {
        do {
            _ = try SmallDisk()
            return nil
        } catch {
            return "a disk of its own takes root and util-linux: \(error)"
        }
    }()
}
