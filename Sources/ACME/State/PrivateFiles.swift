import FoundationEssentials
import Sockets

/// Files that only the gateway's user can read, and that survive a crash of the machine.
enum PrivateFiles {
    /// Makes a folder that only its owner can look into, unless there is one.
    static func makeFolder(_ path: String) throws(ACMEError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            // `try?`: without a status, the reason is unknown.
            let status = try? FileStatus(following: path)
            let reason = status == nil ? "cannot make the folder" : "it is not a folder"
            throw .file(path: path, reason: reason)
        }
        try synchronize(path)
    }

    /// The file appears complete or not at all.
    static func write(_ text: String, to path: String) throws(ACMEError) {
        do throws(SystemError) {
            let draft = try FileDraft(path)
            try draft.write(Array(text.utf8))
            try draft.commit()
        } catch {
            throw .file(path: path, reason: "\(error)")
        }
        try synchronize(path)
    }

    /// - Parameter limit: in bytes.
    /// - Throws: if the file is longer, is not text, or can be read by others than its owner.
    static func read(_ path: String, limit: Int) throws(ACMEError) -> String {
        let (status, bytes): (FileStatus, [UInt8])
        do throws(SystemError) {
            status = try FileStatus(following: path)
            // A pipe could block.
            bytes =
                status.kind == .regular ? try File(reading: path).readToEnd(limit: limit + 1) : []
        } catch {
            throw .file(path: path, reason: "\(error)")
        }
        guard status.kind == .regular else {
            throw .file(path: path, reason: "it is not a regular file")
        }
        guard status.permissions & 0o077 == 0 else {
            throw .file(
                path: path,
                reason: "it can be read by others than its owner (chmod 600 \(path))"
            )
        }
        guard bytes.count <= limit, let text = String(validating: bytes, as: UTF8.self) else {
            throw .file(path: path, reason: "it is too long, or is not text")
        }
        return text
    }

    private static func synchronize(_ path: String) throws(ACMEError) {
        do throws(SystemError) {
            try File.synchronizeFolder(of: path)
        } catch {
            throw .file(path: path, reason: "\(error)")
        }
    }
}
