import Sockets
import Text

/// A file that a command reads as a whole; `-` is standard input.
struct InputText {
    let path: String

    init(_ path: String) { self.path = path }

    /// - Parameter limit: in bytes.
    func read(limit: Int) throws(CommandFailure) -> String {
        let bytes: [UInt8]
        do throws(SystemError) {
            // One byte more than the limit shows that there is more.
            bytes =
                path == "-"
                ? try File.standardInput.readToEnd(limit: limit + 1)
                : try File(reading: path).readToEnd(limit: limit + 1)
        } catch {
            throw CommandFailure("cannot read \(path): \(error)")
        }
        guard bytes.count <= limit else {
            throw CommandFailure("\(path) is too large (at most \(UInt64(limit).asBytes))")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let line = Self.lineWithoutUTF8(bytes.span).map { "; first in line \($0)" } ?? ""
            throw CommandFailure(
                "\(path) is not UTF-8 text\(line) (save it as UTF-8)",
                code: GatewayExit.data
            )
        }
        return text
    }

    /// The first line that is not UTF-8, counted from 1.
    static func lineWithoutUTF8(_ bytes: Span<UInt8>) -> Int? {
        do {
            _ = try UTF8Span(validating: bytes)
            return nil
        } catch {
            let before = 0..<min(error.byteOffsets.lowerBound, bytes.count)
            return 1 + before.count { bytes[$0] == UInt8(ascii: "\n") }
        }
    }
}
