import Foundation

extension SluiceProcess {
    /// The access log's lines so far.
    func accessLog() throws -> [AccessLine] {
        // The last piece is not a line before its newline.
        let lines = process.output.split(separator: "\n", omittingEmptySubsequences: false)
        return try lines.dropLast().filter { $0.hasPrefix("{") }.map {
            try JSONDecoder().decode(AccessLine.self, from: Data($0.utf8))
        }
    }

    /// The first line that fits, when it is there.
    func accessLine(where fits: (AccessLine) -> Bool = { _ in true }) throws -> AccessLine {
        try wait(for: "an access-log line that fits in \(process.output)") {
            try accessLog().first(where: fits)
        }
    }

    /// Waits for as many lines as there should be, and returns them in the order in which their
    /// connections were accepted: in the log they stand as its shards hand them over.
    func accessLines(count: Int) throws -> [AccessLine] {
        try wait(for: "\(count) access-log lines") {
            let lines = try accessLog()
            return lines.count >= count ? lines.sorted { $0.time < $1.time } : nil
        }
    }
}
