import Foundation
import MySQLClient
import Sockets
import Testing

@testable import Control

@Suite("The file with an administrator's password")
struct PasswordFileTests {
    private final class Folder {
        let path: String
        var file: String { "\(path)/password" }

        init() throws {
            path = "\(FileManager.default.temporaryDirectory.path)/\(UUID().uuidString)"
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
        }

        func write(_ text: String, mode: Int = 0o600) throws {
            try text.write(toFile: file, atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    @Test("The password is the file's content, without the line feed at its end")
    func read() throws {
        let folder = try Folder()
        for text in ["secret", "secret\n"] {
            try folder.write(text)
            #expect(try PasswordFile(path: folder.file).read() == Password("secret"))
        }
        try folder.write(" secret \n\n")
        #expect(try PasswordFile(path: folder.file).read() == Password(" secret \n"))
    }

    @Test("A file that others can read or write is not used", arguments: [0o640, 0o604, 0o620])
    func open(mode: Int) throws {
        let folder = try Folder()
        try folder.write("secret", mode: mode)
        #expect(throws: PasswordFileError.open(folder.file, UInt32(mode))) {
            try PasswordFile(path: folder.file).read()
        }
    }

    @Test("Neither is a link, a folder, a file in an open folder, or one without a password")
    func others() throws {
        let folder = try Folder()
        let file = PasswordFile(path: folder.file)
        try folder.write("secret")
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/link",
            withDestinationPath: folder.file
        )
        #expect(throws: PasswordFileError.notAFile("\(folder.path)/link")) {
            try PasswordFile(path: "\(folder.path)/link").read()
        }
        #expect(throws: PasswordFileError.notAFile(folder.path)) {
            try PasswordFile(path: folder.path).read()
        }
        for text in ["", "\n", "a\u{0}b"] {
            try folder.write(text)
            #expect(throws: PasswordFileError.empty(folder.file)) { try file.read() }
        }
        try folder.write(String(repeating: "a", count: 1_025))
        #expect(throws: PasswordFileError.tooLong(folder.file)) { try file.read() }
        try folder.write("secret")
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
        #expect(throws: PasswordFileError.openFolder(folder.path)) { try file.read() }
    }

    @Test("The folder may be reached by a link, as systemd's state folders are")
    func linkedFolder() throws {
        let (folder, other) = (try Folder(), try Folder())
        try folder.write("secret")
        try FileManager.default.createSymbolicLink(
            atPath: "\(other.path)/link",
            withDestinationPath: folder.path
        )
        let file = PasswordFile(path: "\(other.path)/link/password")
        #expect(try file.read() == Password("secret"))
    }

    @Test("A draft replaces the file once it is committed, and leaves nothing otherwise")
    func draft() throws {
        let folder = try Folder()
        let file = PasswordFile(path: folder.file)
        try folder.write("old")
        _ = try file.draft(Password("dropped"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["password"])
        let draft = try file.draft(Password("new"))
        #expect(try file.read() == Password("old"))
        try draft.commit()
        #expect(try file.read() == Password("new"))
    }
}
