import ArgumentParser
import Control
import Operations
import Text
import Time

/// `sluice notices`: what a person should hear of.
struct NoticesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notices",
        abstract: "Show what needs attention: pending endpoints, backends that are down, expiries.",
        discussion: """
            What stands comes first, the most severe first, then what has ended since the gateway's \
            start. Webhooks (sluice webhook) send the same to other systems.
            """
    )

    @Option(name: .shortAndLong, help: "Only this warehouse, by id.", completion: .warehouses)
    var warehouse: String?

    @OptionGroup var watch: WatchOptions
    @OptionGroup var management: ManagementOptions

    func run() async throws {
        let query = PlaceFilterOptions.pairs([("warehouse", warehouse)])
        let request = ManagementRequest.get("v1/notices", query: query)
        try await management.gateway.show(request, watching: watch) {
            NoticeListText($0).description
        }
    }
}

/// Notices as tables for people.
struct NoticeListText: CustomStringConvertible {
    /// Ended notices that are shown.
    private static let recentLimit = 20

    let description: String

    init(_ list: NoticeList) {
        let standing =
            list.standing.isEmpty ? "no notices" : "\(Self.table(list.standing, "SINCE") { $0.at })"
        let ended = list.recent.prefix(Self.recentLimit)
        let recent = ended.isEmpty ? [] : ["\(Self.table(ended, "ENDED") { $0.endedAt })"]
        description = ([standing] + recent).joined(separator: "\n\n") + "\n"
    }

    private static func table(
        _ notices: some Sequence<Notice>,
        _ heading: Columns.Heading,
        _ time: (Notice) -> UnixTime?
    ) -> Columns {
        Columns(
            ["SEVERITY", "WAREHOUSE", heading, "NOTICE"],
            notices.map { notice in
                [
                    notice.severity.rawValue, notice.warehouse.cell, time(notice).cell,
                    LogText.harmless(notice.sentence),
                ]
            }
        )
    }
}
