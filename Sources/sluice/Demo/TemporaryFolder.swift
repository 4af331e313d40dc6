import FoundationEssentials

/// A private folder in the system's temporary folder, removed after its use.
struct TemporaryFolder {
    private let url: URL

    /// Creates a folder whose name begins with `prefix`, and removes it after `body`.
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
                StandardError.print("sluice: cannot remove \(url.path): \(error)")
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
