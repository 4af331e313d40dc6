import FoundationEssentials
import Settings
import Text
import Time

/// One line of the program's log.
struct LogLine {
    var moment: Date
    var level: String
    var message: String
    var fields: [(key: String, value: String)]

    func bytes(_ format: LogSettings.Format) -> [UInt8] {
        switch format {
        case .text: text
        case .json: json
        }
    }

    private var timestamp: String {
        LogText.timestamp(microseconds: Int64(moment.timeIntervalSince1970 * 1_000_000))
    }

    /// `2026-11-23T10:00:00.123456Z warning message key=value`
    private var text: [UInt8] {
        let words = fields.map { " \($0.key)=\($0.value)" }.joined()
        // A message of several lines must not look like several messages.
        return Array((LogText.harmless("\(timestamp) \(level) \(message)\(words)") + "\n").utf8)
    }

    private var json: [UInt8] {
        let all = [("time", timestamp), ("level", level), ("message", message)] + fields
        let members = all.map { "\(LogText.jsonString($0)):\(LogText.jsonString($1))" }
        return Array("{\(members.joined(separator: ","))}\n".utf8)
    }
}
