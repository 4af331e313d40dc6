import Synchronization
import Text

/// Prints JSON lines that arrive in pieces of any length.
final class OutputLines: Sendable {
    /// The beginning of a line whose end has not arrived.
    private let rest = Mutex<[UInt8]>([])

    func append(_ piece: [UInt8]) {
        let lines = rest.withLock { $0.takeLines(adding: piece) }
        if !lines.isEmpty { Self.print(lines) }
    }

    /// Prints what has no line end.
    func finish() {
        let line = rest.withLock { $0 }
        if !line.isEmpty { Self.print(line + [UInt8(ascii: "\n")]) }
    }

    private static func print(_ lines: [UInt8]) {
        StandardOutput.print(json: String(decoding: lines, as: UTF8.self), terminator: "")
    }
}

extension [UInt8] {
    /// Appends `piece` and removes all complete lines, which are returned with their line feeds.
    mutating func takeLines(adding piece: [UInt8]) -> [UInt8] {
        append(contentsOf: piece)
        guard let end = lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        defer { removeSubrange(...end) }
        return Array(self[...end])
    }
}
