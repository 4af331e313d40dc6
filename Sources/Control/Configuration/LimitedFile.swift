import Core
import Foundation

/// A file of limited size.
struct LimitedFile {
    let path: String
    /// In bytes.
    let sizeLimit: Int

    /// The file's whole text, without a byte order mark.
    func text() throws(UnreadableFile) -> String {
        guard let text = String(validating: try bytes(), as: UTF8.self) else {
            throw UnreadableFile(reason: "not UTF-8")
        }
        return text.hasPrefix("\u{FEFF}") ? String(text.unicodeScalars.dropFirst()) : text
    }

    func bytes() throws(UnreadableFile) -> [UInt8] {
        let data = try beginning()
        guard data.count <= sizeLimit else {
            throw UnreadableFile(reason: "larger than \(sizeLimit >> 20) MiB")
        }
        return Array(data)
    }

    /// One byte beyond the limit at most.
    private func beginning() throws(UnreadableFile) -> Data {
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            // It was only read: there is nothing that closing could lose.
            defer { try? file.close() }
            return try file.read(upToCount: sizeLimit + 1) ?? Data()
        } catch {
            throw UnreadableFile(error)
        }
    }
}

extension UnreadableFile {
    /// Foundation wraps the system's error, whose own words are the clearer ones.
    fileprivate init(_ error: any Error) {
        let outer = error as NSError
        let system = outer.userInfo[NSUnderlyingErrorKey] as? NSError
        self.init(reason: system?.localizedFailureReason ?? outer.localizedDescription)
    }
}
