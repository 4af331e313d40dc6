import GRDB
import GRDBSQLite
import Synchronization

/// What a client's statement may do in SQLite, and how much: it may read the sample tables by the
/// functions named here, within limits on time, memory and size.
///
/// | danger | guard |
/// |---|---|
/// | `ATTACH`, `PRAGMA`, temporary tables, extensions, anything that writes | the authorizer |
/// | SQLite's own tables, table-valued functions such as `pragma_table_list` | the authorizer |
/// | functions whose time grows faster than their arguments | not among the ``functions`` |
/// | endless recursion, joins without end | the progress handler, by time and memory |
/// | statements that explode when compiled, before the progress handler runs | the heap limit |
/// | long values, deep expressions, long programs | `sqlite3_limit` |
///
/// SQLite counts memory, and has a heap limit, for all connections of the process: both are reckoned
/// from what is in use when a statement begins.
final class SQLiteSandbox: Sendable {
    private struct State {
        var isConfining = false
        var deadline = ContinuousClock.now
        /// SQLite's memory at which the statement is stopped, in bytes.
        var memoryLimit: Int64 = 0
        var violation: SQLError?
    }

    /// The memory that a running statement may take, in bytes.
    private static let statementMemoryLimit: Int64 = 64 << 20
    /// The memory at which SQLite fails to allocate more, in bytes. Far above the other, so that
    /// only compilation comes here: GRDB does not survive every failed allocation of a text.
    private static let heapLimit: Int64 = 128 << 20
    /// Virtual machine instructions between two looks at the clock.
    private static let checkInterval: CInt = 100

    private static let limits: [(name: CInt, value: CInt)] = [
        // Of a text or a row, in bytes.
        (SQLITE_LIMIT_LENGTH, 1 << 16),
        // Of a statement: a packet, with its quotes doubled.
        (SQLITE_LIMIT_SQL_LENGTH, 2 << 20),
        (SQLITE_LIMIT_COLUMN, 256),
        (SQLITE_LIMIT_EXPR_DEPTH, 100),
        (SQLITE_LIMIT_COMPOUND_SELECT, 50),
        (SQLITE_LIMIT_VDBE_OP, 4_000),
        (SQLITE_LIMIT_FUNCTION_ARG, 50),
        (SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 64),
        (SQLITE_LIMIT_ATTACHED, CInt(SampleData.databases.count)),
        (SQLITE_LIMIT_TRIGGER_DEPTH, 0),
        (SQLITE_LIMIT_WORKER_THREADS, 0),
    ]

    /// SQLite's own functions that clients may call: none that opens a file, takes memory by a
    /// number, or is slower than linear in its arguments.
    private static let functions: Set<String> = [
        "abs", "avg", "ceil", "ceiling", "coalesce", "count", "cume_dist", "date", "datetime",
        "dense_rank", "first_value", "floor", "group_concat", "hex", "ifnull", "iif", "lag",
        "last_value", "lead", "length", "like", "lower", "ltrim", "max", "min", "mod", "nth_value",
        "ntile", "nullif", "percent_rank", "pow", "power", "rank", "round", "row_number", "rtrim",
        "sign", "sqrt", "strftime", "substr", "substring", "sum", "time", "total", "trim", "upper",
    ]

    private let state = Mutex(State())
    private let allowedFunctions = SQLiteSandbox.functions.union(SQLFunctions.names)

    /// Prepares a connection, whose statements must not outlive the sandbox. GRDB's own authorizer,
    /// which serves its observation of changes, is replaced.
    func install(on database: Database) {
        let connection = unsafe database.sqliteConnection
        let sandbox = unsafe Unmanaged.passUnretained(self).toOpaque()
        for (name, value) in Self.limits { unsafe _ = sqlite3_limit(connection, name, value) }
        unsafe sqlite3_set_authorizer(
            connection,
            { sandbox, action, first, second, database, _ in
                unsafe SQLiteSandbox.from(sandbox).authorize(
                    action,
                    subject: SQLiteSandbox.text(action == SQLITE_FUNCTION ? second : first),
                    database: SQLiteSandbox.text(database)
                )
            },
            sandbox
        )
        unsafe sqlite3_progress_handler(
            connection,
            Self.checkInterval,
            { sandbox in unsafe SQLiteSandbox.from(sandbox).mayContinue ? 0 : 1 },
            sandbox
        )
    }

    /// Runs a client's statement, from its compilation to its last row.
    func confine<Result>(
        until deadline: ContinuousClock.Instant,
        _ body: () throws -> Result
    ) throws -> Result {
        let used = sqlite3_memory_used()
        _ = sqlite3_hard_heap_limit64(used + Self.heapLimit)
        state.withLock { state in
            state = State(
                isConfining: true,
                deadline: deadline,
                memoryLimit: used + Self.statementMemoryLimit
            )
        }
        defer { state.withLock { $0.isConfining = false } }
        do {
            guard mayContinue else { throw SQLError.interrupted }
            return try body()
        } catch {
            throw state.withLock { $0.violation } ?? error
        }
    }

    /// Whether the statement may go on; called by SQLite while it runs.
    private var mayContinue: Bool {
        state.withLock { state in
            guard state.isConfining else { return true }
            if ContinuousClock.now >= state.deadline {
                state.violation = .statementTimeout
            } else if sqlite3_memory_used() > state.memoryLimit {
                state.violation = .outOfMemory
            }
            return state.violation == nil
        }
    }

    /// Whether the statement may be compiled; called by SQLite for each thing that it would do.
    private func authorize(_ action: CInt, subject: String, database: String) -> CInt {
        state.withLock { state in
            guard state.isConfining else { return SQLITE_OK }
            switch action {
            case SQLITE_SELECT, SQLITE_RECURSIVE: return SQLITE_OK
            case SQLITE_READ where Self.isReadable(subject, in: database): return SQLITE_OK
            case SQLITE_READ: state.violation = .unknownTable(subject, database: database)
            case SQLITE_FUNCTION where allowedFunctions.contains(subject.lowercased()):
                return SQLITE_OK
            case SQLITE_FUNCTION: state.violation = .unknownFunction(subject)
            default: state.violation = .readOnly
            }
            return SQLITE_DENY
        }
    }

    /// - Parameter database: empty for an unqualified name of which no column is read: a view, or
    ///   part of the statement itself.
    private static func isReadable(_ table: String, in database: String) -> Bool {
        let isInternal = ["sqlite_", "pragma_"].contains { table.lowercased().hasPrefix($0) }
        let readable = ["", "temp"] + SampleData.databases
        return !isInternal && readable.contains(database.lowercased())
    }

    /// The sandbox that `install` gave to SQLite.
    private static func from(_ pointer: UnsafeMutableRawPointer?) -> SQLiteSandbox {
        guard let pointer = unsafe pointer else { preconditionFailure("SQLite lost its context") }
        return unsafe Unmanaged<SQLiteSandbox>.fromOpaque(pointer).takeUnretainedValue()
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
        unsafe pointer.map { unsafe String(cString: $0) } ?? ""
    }
}
