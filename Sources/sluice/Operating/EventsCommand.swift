import ArgumentParser
import Control
import FoundationEssentials
import Operations
import Policy
import Synchronization
import Text
import Time

/// `sluice events`: shows what happens, as it happens.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Show what happens at a gateway, as it happens.",
        discussion: """
            One line for each session that opens or closes, each denied client, each change of the \
            policy and each notice, until you interrupt it. With --json, one JSON object per line, \
            which has the gateway's status too. If the connection is lost, it is made again, and \
            changes that came in between are shown.
            """
    )

    @Option(
        help: "Only these, separated by commas: status, sessions, denials, changes, notices.",
        completion: .list(EventKind.allCases.map(\.rawValue))
    )
    var types: String?

    @Option(name: .shortAndLong, help: "Only this warehouse, by id.", completion: .warehouses)
    var warehouse: String?

    @OptionGroup var management: ManagementOptions

    func validate() throws {
        for word in types?.split(separator: ",", omittingEmptySubsequences: false) ?? []
        where EventKind(rawValue: String(word)) == nil {
            let known = EventKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("invalid --types \"\(word)\" (expected some of \(known))")
        }
    }

    func run() async throws {
        let gateway = management.gateway
        let output = EventOutput(json: management.json)
        var isFirst = true
        while true {
            do {
                try await gateway.run { client in
                    var request = ManagementRequest.get(
                        "v1/events",
                        query: PlaceFilterOptions.pairs([
                            ("types", types), ("warehouse", warehouse),
                        ])
                    )
                    request.lastEventID = output.lastChange
                    try await client.stream(request) { output.append($0) }
                }
            } catch let code as ExitCode where code == GatewayExit.unreachable && !isFirst {
                // It may be starting again.
            }
            isFirst = false
            try await Task.sleep(for: .seconds(3))
        }
    }
}

/// Prints the events of a stream.
final class EventOutput: Sendable {
    private struct State {
        var reader = EventReader()
        var lastChange: Int64?
    }

    private let json: Bool
    private let state = Mutex(State())

    init(json: Bool) {
        self.json = json
    }

    /// The number of the last change that was shown.
    var lastChange: Int64? { state.withLock { $0.lastChange } }

    func append(_ piece: [UInt8]) {
        let events = state.withLock { state in
            let events = state.reader.read(piece)
            state.lastChange = events.last { $0.id != nil }?.id ?? state.lastChange
            return events
        }
        for event in events { print(event) }
        if !events.isEmpty { StandardOutput.flush() }
    }

    private func print(_ event: StreamEvent) {
        guard !json else {
            return StandardOutput.print(
                json: "{\"event\":\"\(event.name)\",\"data\":\(event.data)}"
            )
        }
        for line in EventLines(event).lines {
            StandardOutput.print("\(UnixTime.systemTime.rfc3339)  \(LogText.harmless(line))")
        }
    }
}

/// An event as lines for people; none if it is of interest to programs only.
struct EventLines {
    let lines: [String]

    init(_ event: StreamEvent) {
        switch event.name {
        case "sessions": lines = Self.decoded(event, Self.sessions)
        case "denials": lines = Self.decoded(event, Self.denials)
        case "changes": lines = Self.decoded(event, Self.change)
        case "notices": lines = Self.decoded(event, Self.notice)
        case "lost": lines = ["lost     \(event.data) (this client is too slow)"]
        case "end":
            lines = Self.decoded(event) { (end: [String: String]) in
                ["end      \(end["reason"] ?? "the stream has ended")"]
            }
        default: lines = []
        }
    }

    private static func decoded<Value: Decodable>(
        _ event: StreamEvent,
        _ text: (Value) -> [String]
    ) -> [String] {
        // `try?`: a newer gateway may send something else.
        guard let value = try? JSONDecoder().decode(Value.self, from: Data(event.data.utf8)) else {
            return []
        }
        return text(value)
    }

    private static func sessions(_ changes: SessionChanges) -> [String] {
        let opened = changes.opened.map { session in
            "\(changes.snapshot ? "open     " : "opened   ")\(session.connection)"
                + "  \(session.warehouse)  \(session.client) at \(session.listener)"
        }
        return opened + changes.closed.map { "closed   \($0)" }
            + (changes.complete ? [] : ["sessions \(changes.connections.of("connection")) open"])
    }

    private static func denials(_ event: DenialEvent) -> [String] {
        let denied = event.denials.map { change in
            let denial = change.denial
            let more = change.added > 1 ? " (\(change.added) times)" : ""
            return "denied   \(denial.source)  \(denial.warehouse.cell)  \(denial.reason.rawValue)"
                + " at \(denial.listener)\(more)"
        }
        return denied + (event.omitted > 0 ? ["denied   \(event.omitted) more"] : [])
    }

    private static func notice(_ change: NoticeChange) -> [String] {
        ["notice   \(change.event.rawValue)  \(change.notice.sentence)"]
    }

    private static func change(_ change: AuditEventView) -> [String] {
        let words = [change.action, change.warehouse, AuditSubject(of: change).target].compactMap(
            \.self
        )
        let place = change.actor?.address.map { " from \($0)" } ?? ""
        return [
            "changed  #\(change.number)  \(words.joined(separator: " ")) by"
                + " \((change.actor?.name ?? change.actor?.kind).cell)\(place)"
        ]
    }
}

/// `sluice counts`: shows the counts of the last day.
struct CountsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "counts",
        abstract: "Show a gateway's counts per minute of the last 24 hours.",
        discussion: """
            One row for each warehouse, link and protocol, with sums and a picture of the accepted \
            connections over time. --json has each count as a list, with one element per step.
            """
    )

    @Option(name: .shortAndLong, help: "Only this warehouse, by id.", completion: .warehouses)
    var warehouse: String?

    @Option(help: "Only since a duration ago, such as 6h, or a time.")
    var since: String?

    @Option(help: "The time between two elements: whole minutes, such as 5m. (default: chosen)")
    var step: String?

    @OptionGroup var watch: WatchOptions
    @OptionGroup var management: ManagementOptions

    func run() async throws {
        let query = PlaceFilterOptions.pairs([
            ("warehouse", warehouse), ("since", since), ("step", step),
        ])
        let request = ManagementRequest.get("v1/counts", query: query)
        try await management.gateway.show(request, watching: watch) { CountText($0).description }
    }
}

/// Counts as a table for people.
struct CountText: CustomStringConvertible {
    /// The characters of a picture.
    private static let width = 48

    let description: String

    init(_ table: CountTable) {
        guard let since = table.since, !table.series.isEmpty else {
            description = "no connections counted yet\n"
            return
        }
        let headings: [Columns.Heading] = [
            "WAREHOUSE", "LINK", "PROTOCOL", .number("ACCEPTED"), .number("ADMITTED"),
            .number("DENIED"), .number("OPEN"), .number("IN"), .number("OUT"), "ACCEPTED OVER TIME",
        ]
        let rows = table.series.map { series in
            [
                series.warehouse ?? "-", series.link.rawValue, series.protocol.rawValue,
                "\(Self.sum(series.accepted))", "\(Self.sum(series.admitted))",
                "\(Self.sum(series.denied))", "\(series.active.last ?? 0)",
                Self.sum(series.bytesIn).asBytes, Self.sum(series.bytesOut).asBytes,
                Sparkline(series.accepted, width: Self.width).description,
            ]
        }
        let omitted =
            table.omittedSeries > 0
            ? "\nand \(table.omittedSeries) more that are not counted" : ""
        description = "\(Columns(headings, rows))\(omitted)\nsince \(since.rfc3339)\n"
    }

    private static func sum(_ counts: [UInt64]) -> UInt64 { counts.reduce(0, &+) }
}

/// Numbers as a row of bars.
struct Sparkline: CustomStringConvertible {
    private static let bars = Array("▁▂▃▄▅▆▇█")

    let description: String

    /// - Parameter width: the most characters; neighbors are added up to fit.
    init(_ values: [UInt64], width: Int) {
        let group = max(1, (values.count + width - 1) / max(1, width))
        let sums = stride(from: 0, to: values.count, by: group).map { start in
            values[start..<min(start + group, values.count)].reduce(0, &+)
        }
        let greatest = sums.max() ?? 0
        description = String(
            sums.map { sum in
                guard sum > 0 else { return Self.bars[0] }
                let share = Double(sum) / Double(greatest)
                return Self.bars[min(Self.bars.count - 1, Int(share * Double(Self.bars.count)))]
            }
        )
    }
}
