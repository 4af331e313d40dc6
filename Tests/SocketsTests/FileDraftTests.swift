import Foundation
import Sockets
import Testing

@Suite("Files that appear complete or not at all")
struct FileDraftTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sluice-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // A folder left behind in the temporary one does no harm.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test("A draft replaces a file once it is committed, and only its owner can read it")
    func commit() throws {
        try withFolder { folder in
            let path = "\(folder)/a"
            try Data("old".utf8).write(to: URL(fileURLWithPath: path))
            let draft = try FileDraft(path)
            try draft.write(Array("new".utf8))
            try draft.write(Array("er".utf8))
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
            try draft.commit()
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "newer")
            let status = try FileStatus(of: path)
            #expect(status.kind == .regular && status.permissions == 0o600)
            #expect(status.owner == ProcessUser.current)
        }
    }

    @Test("A draft that is not committed leaves nothing behind")
    func abandoned() throws {
        try withFolder { folder in
            do {
                let draft = try FileDraft("\(folder)/a")
                try draft.write([1])
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test("A folder that does not exist is the system's error")
    func noFolder() {
        #expect(throws: SystemError.self) { try FileDraft("/nonexistent/a") }
    }

    @Test("A link's status is its own")
    func link() throws {
        try withFolder { folder in
            let link = "\(folder)/link"
            try FileManager.default.createSymbolicLink(
                atPath: link,
                withDestinationPath: folder
            )
            #expect(try FileStatus(of: link).kind == .other)
            #expect(try FileStatus(of: folder).kind == .directory)
            let open = FileStatus(kind: .directory, owner: 0, permissions: 0o1777)
            #expect(open.isWritableByOthers)
        }
    }
}
