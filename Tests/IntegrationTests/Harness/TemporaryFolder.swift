import Foundation
import Glibc

/// A folder that is removed with its last user.
final class TemporaryFolder: Sendable {
    /// Holds the folders of this test process; the ``Reaper`` removes it.
    static let root =
        "\(FileManager.default.temporaryDirectory.path)/sluice-tests-\(getpid())"

    let path: String

    init() throws {
        // Thousands are made: of eight digits two could be the same.
        path = "\(Self.root)/\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let file = path + "/" + name
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    deinit {
        // A folder that is left behind is no reason to fail a test.
        try? FileManager.default.removeItem(atPath: path)
    }
}
