import FoundationEssentials

/// A temporary folder that only this user can look into. Whoever makes it removes it.
package struct PrivateFolder: Sendable {
    private let path: String

    package init() throws {
        path = "\(FileManager.default.temporaryDirectory.path)/sluice-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
    }

    package func path(of name: String) -> String { "\(path)/\(name)" }

    /// Removes the folder with all that is in it.
    package func remove() {
        // `try?`: what is left is the system's to remove.
        try? FileManager.default.removeItem(atPath: path)
    }
}
