import ArgumentParser
import Foundation

/// A file named on the command line; a pipe such as `<(…)` too, which has no size.
enum InputFile {
    /// The whole content.
    ///
    /// - Parameter option: what the file was given to, for the message.
    static func content(of path: String, for option: String) throws -> [UInt8] {
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { try? file.close() }  // `try?`: all is read by then.
            return [UInt8](try file.readToEnd() ?? Data())
        } catch {
            throw ValidationError("\(option) \(path): \(FileFailure(error)).")
        }
    }
}
