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
        let status: FileStatus
        do throws(SystemError) {
            status = try FileStatus(following: path)
        } catch {
            throw CommandFailure(
                "\(user): cannot read the key: \(path): \(error)",
                code: GatewayExit.configuration
            )
        }
        if let exposure = status.exposure(of: path) {
            throw CommandFailure("\(user): \(exposure)", code: GatewayExit.configuration)
        }
        let text = try InputText(path).read(limit: 4_096)
        guard let word = text.split(whereSeparator: \.isWhitespace).first else {
            throw CommandFailure("\(user): \(path) is empty", code: GatewayExit.configuration)
        }
        return String(word)
    }
}

extension FileStatus {
    /// Why the file is not fit for secrets: others than its owner can use it; `nil` if it is.
    func exposure(of path: String) -> String? {
        guard permissions & 0o077 != 0 else { return nil }
        return "others can read or change \(path) (mode \(String(permissions, radix: 8));"
            + " chmod 600)"
    }
}
