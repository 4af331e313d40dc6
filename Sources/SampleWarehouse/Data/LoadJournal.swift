import CIDRTrie
import Synchronization
import Time

/// What stream loads brought, shown as a table: the rows themselves are counted, not kept.
final class LoadJournal: Sendable {
    /// One finished stream load.
    struct Load: Sendable {
        var label: String
        var database: String
        var table: String
        var rowCount: Int
        var byteCount: Int
        var finishedAt: UnixTime
    }

    static let database = "demo"
    static let tableName = "stream_loads"
    /// Only the latest loads are kept.
    private static let capacity = 1_000

    private let loads = Mutex<[(id: Int64, load: Load)]>([])

    /// Adds a load and gives it the next number, from 1 on.
    func append(_ load: Load) -> Int64 {
        loads.withLock { loads in
            let id = (loads.last?.id ?? 0) + 1
            if loads.count == Self.capacity { loads.removeFirst() }
            loads.append((id, load))
            return id
        }
    }

    /// The loads as `demo.stream_loads`, the oldest first.
    var table: Table {
        Table(
            database: Self.database,
            name: Self.tableName,
            columns: [
                .integer("id"), .text("label"), .text("target"), .integer("loaded_rows"),
                .integer("bytes"), .dateTime("finished_at"),
            ],
            rows: loads.withLock { $0.map(Self.row) }
        )
    }

    private static func row(id: Int64, load: Load) -> [SQLValue] {
        [
            .integer(id), .text(load.label), .text("\(load.database).\(load.table)"),
            .integer(Int64(load.rowCount)), .integer(Int64(load.byteCount)),
            .text(load.finishedAt.sqlText),
        ]
    }
}
