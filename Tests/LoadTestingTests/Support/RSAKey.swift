import Foundation

/// A key pair made by the `openssl` program, which also decrypts.
struct RSAKey {
    private let folder: URL
    let publicPEM: [UInt8]

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "sluice-rsa-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let key = folder.appending(path: "key.pem").path
        _ = try Self.openssl(["genrsa", "-out", key, "2048"], input: [])
        publicPEM = try Self.openssl(["rsa", "-in", key, "-pubout"], input: [])
    }

    func decrypt(_ bytes: [UInt8]) throws -> [UInt8] {
        defer { try? FileManager.default.removeItem(at: folder) }
        let key = folder.appending(path: "key.pem").path
        let options = ["-pkeyopt", "rsa_padding_mode:oaep"]
        return try Self.openssl(["pkeyutl", "-decrypt", "-inkey", key] + options, input: bytes)
    }

    private static func openssl(_ arguments: [String], input: [UInt8]) throws -> [UInt8] {
        let process = Process()
        let (standardInput, standardOutput) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        process.standardError = FileHandle.nullDevice
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input))
        try standardInput.fileHandleForWriting.close()
        let output = try standardOutput.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return [UInt8](output)
    }
}
