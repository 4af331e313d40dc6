import Control
import Sockets
import Text

/// A file that holds an API key.
struct KeyFile {
    let path: String

    /// The first word in the file.
    ///
    /// - Parameter user: who uses it, for messages.
    /// - Throws: also if other users can read or change the file.
    func read(for user: String) throws(CommandFailure) -> String {
        // What a link leads to counts: secrets are often mounted as links.
        let permissions: UInt32
        do throws(SystemError) {
            permissions = try FileStatus(following: path).permissions
        } catch {
            throw CommandFailure("\(user): cannot read the key: \(path): \(error)")
        }
        guard permissions & 0o077 == 0 else {
            throw CommandFailure(
                "\(user): others can read or change \(path) (mode"
                    + " \(String(permissions, radix: 8)); chmod 600)"
            )
        }
        let text = try InputText(path).read(limit: 4_096)
        guard let word = text.split(whereSeparator: \.isWhitespace).first else {
            throw CommandFailure("\(user): \(path) is empty")
        }
        return String(word)
    }
}
