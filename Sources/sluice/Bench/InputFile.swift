import ArgumentParser
import Sockets

/// A file named on the command line; a pipe such as `<(…)` too, which has no size.
enum InputFile {
    /// The whole content.
    ///
    /// - Parameter option: what the file was given to, for the message.
    static func content(of path: String, for option: String) throws -> [UInt8] {
        do {
            return try File(reading: path).readToEnd()
        } catch {
            throw ValidationError("\(option) \(path): \(error).")
        }
    }
}
