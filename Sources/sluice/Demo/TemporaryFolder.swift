import FoundationEssentials

/// A folder of one's own under the system's temporary one; gone when its user returns.
struct TemporaryFolder {
    private let url: URL

    /// Makes a folder whose name begins with `prefix`, and removes it after `body`.
    static func with(
        prefix: String,
        _ body: (TemporaryFolder) async throws -> Void
    ) async throws {
        let manager = FileManager.default
        let name = prefix + UUID().uuidString
        let url = manager.temporaryDirectory.appendingPathComponent(name, isDirectory: true)
        try manager.createDirectory(
            at: url,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        defer {
            do {
                try manager.removeItem(at: url)
            } catch {
                StandardError.print("sluice: \(url.path) could not be removed: \(error)")
            }
        }
        try await body(TemporaryFolder(url: url))
    }

    /// The path of the file `name` inside the folder.
    func path(_ name: String) -> String {
        url.appendingPathComponent(name).path
    }

    /// Writes a file and returns its path.
    func write(_ text: String, to name: String) throws -> String {
        let path = path(name)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}
