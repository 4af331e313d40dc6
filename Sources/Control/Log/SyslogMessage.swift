import FoundationEssentials
import Store
import Text
import Time

/// A record of the audit as a syslog message (RFC 5424):
///
///     <109>1 2027-01-31T23:59:59Z gw1 sluice 812 whitelist.entry.add [audit@32473 number="12" …] {…}
///
/// The structured data has what collectors filter by; the message is the record's JSON, byte for byte
/// as it was hashed, so that a collector can check the chain.
struct SyslogMessage {
    /// Who sends it.
    struct Origin: Sendable {
        var host: String
        var processID: Int32

        init(host: String, processID: Int32) {
            let printable = host.unicodeScalars.filter { (0x21...0x7e).contains($0.value) }
            self.host = String(String.UnicodeScalarView(printable.prefix(255)))
            self.processID = processID
        }
    }

    /// Facility 13 (log audit), severity 5 (notice).
    private static let priority = 13 * 8 + 5
    /// The number that RFC 5612 reserves for documentation: there is none of our own.
    private static let dataID = "audit@32473"
    /// Of a value of the structured data, in bytes.
    private static let valueLimit = 512
    private static let byteOrderMark = "\u{feff}"

    let text: String

    init(_ chained: ChainedRecord, from origin: Origin) {
        let record = chained.record
        let host = origin.host.isEmpty ? "-" : origin.host
        let head =
            "<\(Self.priority)>1 \(record.at.rfc3339) \(host) sluice \(origin.processID)"
            + " \(Self.messageID(record.action)) \(Self.data(chained)) "
        // RFC 5424 §6.4: a text beyond ASCII begins with the mark.
        let isASCII = chained.document.utf8.allSatisfy { $0 < 0x80 }
        text = head + (isASCII ? "" : Self.byteOrderMark) + chained.document
    }

    /// RFC 5424 §6.2.7: at most 32 printable characters.
    private static func messageID(_ action: String) -> String {
        let printable = action.unicodeScalars.filter { (0x21...0x7e).contains($0.value) }
        let id = String(String.UnicodeScalarView(printable.prefix(32)))
        return id.isEmpty ? "-" : id
    }

    private static func data(_ chained: ChainedRecord) -> String {
        let record = chained.record
        let fields: [(String, String?)] = [
            ("number", "\(record.number)"), ("action", record.action),
            ("actor", record.actor.name), ("actorKind", record.actor.kind.rawValue),
            ("actorId", record.actor.id), ("address", record.actor.address),
            ("warehouse", record.warehouse), ("target", record.target),
            ("requestId", record.requestId), ("hash", chained.hash),
        ]
        let words = fields.compactMap { name, value in value.map { " \(name)=\"\(escaped($0))\"" } }
        return "[\(dataID)\(words.joined())]"
    }

    /// RFC 5424 §6.3.3.
    private static func escaped(_ value: String) -> String {
        var result = ""
        for scalar in LogText.harmless(value).unicodeScalars {
            let next = "\"\\]".unicodeScalars.contains(scalar) ? "\\\(scalar)" : "\(scalar)"
            guard result.utf8.count + next.utf8.count <= valueLimit else { break }
            result += next
        }
        return result
    }

    /// For a stream: with its length in front of it (RFC 6587 §3.4.1, octet counting).
    var frame: [UInt8] {
        let bytes = Array(text.utf8)
        return Array("\(bytes.count) ".utf8) + bytes
    }

    /// For a datagram, which ends where it is full: many receivers take no more (RFC 5426 §3.2).
    func datagram(upTo limit: Int) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard bytes.count > limit else { return bytes }
        var end = limit
        // Not in the middle of a character.
        while end > 0, bytes[end] & 0xc0 == 0x80 { end -= 1 }
        return Array(bytes[..<end])
    }
}

/// How far the audit was delivered, and what is sent again after a failure.
///
/// A stream's receiver does not confirm: what was written shortly before the connection failed may be
/// lost, and is sent again. Receivers know a record by its number.
struct DeliveryProgress: Sendable {
    /// After so long, what was written counts as delivered.
    static let confirmation = Duration.seconds(10)
    private static let markLimit = 64

    private struct Mark {
        var number: Int64
        var at: ContinuousClock.Instant
    }

    /// The number of the last record that counts as delivered.
    private(set) var confirmed: Int64
    /// What was written since, oldest first.
    private var marks: [Mark] = []

    init(after number: Int64) {
        confirmed = number
    }

    /// The number of the last record that was written.
    var written: Int64 { marks.last?.number ?? confirmed }

    mutating func write(through number: Int64, at now: ContinuousClock.Instant) {
        confirm(at: now)
        // With too many marks, the last one grows older more slowly than it should.
        if marks.count >= Self.markLimit { marks.removeLast() }
        marks.append(Mark(number: number, at: now))
    }

    mutating func confirm(at now: ContinuousClock.Instant) {
        while let first = marks.first, now - first.at >= Self.confirmation {
            confirmed = first.number
            marks.removeFirst()
        }
    }

    /// The connection has failed: what is not confirmed is sent again.
    mutating func fail(at now: ContinuousClock.Instant) {
        confirm(at: now)
        marks = []
    }

    /// A datagram is gone once it is sent.
    mutating func deliver(through number: Int64) {
        (confirmed, marks) = (number, [])
    }

    /// The store has fewer records: it was restored.
    mutating func limit(to newest: Int64) {
        guard written > newest else { return }
        (confirmed, marks) = (newest, [])
    }
}

/// When a connection that failed is tried again.
struct Backoff: Sendable {
    private static let first = Duration.milliseconds(500)
    private static let longest = Duration.seconds(30)

    private var next = first

    mutating func failed() -> Duration {
        defer { next = min(next * 2, Self.longest) }
        return next
    }

    mutating func succeeded() {
        next = Self.first
    }
}
