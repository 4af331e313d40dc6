import Foundation

/// Where the programs are that the tests run.
enum Programs {
    /// Servers live in folders that are not on every user's path.
    private static var folders: [String] {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
    }

    /// - Throws: ``HarnessError`` that says what to install.
    static func path(of program: String) throws -> String {
        let candidates = program.contains("/") ? [program] : folders.map { "\($0)/\(program)" }
        guard let found = candidates.first(where: FileManager.default.isExecutableFile) else {
            throw HarnessError("\(program) is not installed; `make test` installs what is missing")
        }
        return found
    }

    /// A file below the folder of all tests.
    static func testFile(_ path: String) -> String {
        // This file may have been compiled under a link to its folder.
        URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent(path).path
    }

    /// The gateway's binary: `SLUICE_BINARY`, or the one beside the test bundle.
    static func sluice() throws -> String {
        if let named = ProcessInfo.processInfo.environment["SLUICE_BINARY"] {
            return try path(of: named)
        }
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let package = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let candidates = [
            bundle.appendingPathComponent("sluice").path,
            package.appendingPathComponent(".build/debug/sluice").path,
            package.appendingPathComponent(".build/release/sluice").path,
        ]
        guard let found = candidates.first(where: FileManager.default.isExecutableFile) else {
            throw HarnessError("no sluice binary at \(candidates); set SLUICE_BINARY")
        }
        return found
    }
}
