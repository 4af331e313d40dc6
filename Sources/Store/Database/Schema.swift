import GRDB

/// The tables of the store and their history.
///
/// Every row of the policy and of the keys carries a ``RowChecksum``, and triggers add them up
/// (``Tally``): these rows are changed by INSERT, UPDATE and DELETE only, because REPLACE runs no
/// trigger for what it removes. A migration is never changed once it was released; a later one
/// follows it.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 policy", migrate: createPolicy)
        migrator.registerMigration("1 keys", migrate: createKeys)
        migrator.registerMigration("1 audit", migrate: createAudit)
        migrator.registerMigration("1 tally", migrate: createTally)
        migrator.registerMigration("2 entryUse", migrate: createEntryUse)
        migrator.registerMigration("3 accounts", migrate: createAccounts)
        migrator.registerMigration("4 webhooks", migrate: createWebhooks)
        return migrator
    }

    /// Whether tables, indices and triggers are as the migrations make them.
    static func isIntact(in database: Database) throws -> Bool {
        let fresh = try DatabaseQueue()
        try migrator.migrate(fresh)
        return try fresh.read(definitions) == definitions(in: database)
    }

    private static func definitions(in database: Database) throws -> [[String?]] {
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
        )
        return try rows.map { row in try (0..<4).map { try row.value($0) } }
    }

    private static func createPolicy(_ database: Database) throws {
        try database.execute(
            sql: """
                -- Single values: the revision of the policy.
                CREATE TABLE setting (
                    name TEXT PRIMARY KEY,
                    value INTEGER NOT NULL,
                    checksum INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE warehouse (
                    id TEXT PRIMARY KEY,
                    mode TEXT NOT NULL,
                    -- The revision of the last change of the whitelist.
                    version INTEGER NOT NULL,
                    checksum INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE addressGroup (
                    name TEXT PRIMARY KEY,
                    description TEXT NOT NULL,
                    version INTEGER NOT NULL,
                    checksum INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE warehouseGroup (
                    warehouse TEXT NOT NULL REFERENCES warehouse ON DELETE CASCADE,
                    name TEXT NOT NULL REFERENCES addressGroup,
                    checksum INTEGER NOT NULL,
                    PRIMARY KEY (warehouse, name)
                ) STRICT, WITHOUT ROWID;

                -- A list belongs to a warehouse (and perhaps one service) or is a group's.
                CREATE TABLE entryList (
                    id INTEGER PRIMARY KEY,
                    warehouse TEXT REFERENCES warehouse ON DELETE CASCADE,
                    service TEXT,
                    addressGroup TEXT REFERENCES addressGroup ON DELETE CASCADE,
                    -- The number of the next entry: none is given twice.
                    nextNumber INTEGER NOT NULL,
                    entryCount INTEGER NOT NULL,
                    checksum INTEGER NOT NULL,
                    UNIQUE (warehouse, service),
                    UNIQUE (addressGroup),
                    CHECK ((warehouse IS NULL) <> (addressGroup IS NULL))
                ) STRICT;

                CREATE TABLE entry (
                    list INTEGER NOT NULL REFERENCES entryList ON DELETE CASCADE,
                    number INTEGER NOT NULL,
                    block TEXT NOT NULL,
                    -- As it was written; NULL if that is the block.
                    text TEXT,
                    isDenied INTEGER NOT NULL,
                    isEnabled INTEGER NOT NULL,
                    description TEXT NOT NULL,
                    -- In seconds since 1970; NULL for never.
                    expiresAt INTEGER,
                    editor TEXT NOT NULL,
                    editedAt INTEGER,
                    checksum INTEGER NOT NULL,
                    PRIMARY KEY (list, number)
                ) STRICT, WITHOUT ROWID;

                -- Documents are JSON.
                CREATE TABLE endpointService (
                    warehouse TEXT NOT NULL REFERENCES warehouse ON DELETE CASCADE,
                    cloud TEXT NOT NULL,
                    id TEXT NOT NULL,
                    document TEXT NOT NULL,
                    checksum INTEGER NOT NULL,
                    PRIMARY KEY (warehouse, cloud, id)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE endpoint (
                    warehouse TEXT NOT NULL REFERENCES warehouse ON DELETE CASCADE,
                    cloud TEXT NOT NULL,
                    id TEXT NOT NULL,
                    document TEXT NOT NULL,
                    checksum INTEGER NOT NULL,
                    PRIMARY KEY (warehouse, cloud, id)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE outboundService (
                    id TEXT PRIMARY KEY,
                    document TEXT NOT NULL,
                    checksum INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE outboundEndpoint (
                    warehouse TEXT NOT NULL REFERENCES warehouse ON DELETE CASCADE,
                    id TEXT NOT NULL,
                    service TEXT NOT NULL REFERENCES outboundService,
                    document TEXT NOT NULL,
                    checksum INTEGER NOT NULL,
                    PRIMARY KEY (warehouse, id)
                ) STRICT, WITHOUT ROWID;

                -- Listeners in shadow mode.
                CREATE TABLE shadow (
                    warehouse TEXT NOT NULL REFERENCES warehouse ON DELETE CASCADE,
                    listener TEXT NOT NULL,
                    -- In seconds since 1970.
                    endsAt INTEGER NOT NULL,
                    checksum INTEGER NOT NULL,
                    PRIMARY KEY (warehouse, listener)
                ) STRICT, WITHOUT ROWID;

                -- Answers to writes, for those that are repeated.
                CREATE TABLE answer (
                    principal TEXT NOT NULL,
                    requestID TEXT NOT NULL,
                    fingerprint TEXT NOT NULL,
                    status INTEGER NOT NULL,
                    body TEXT NOT NULL,
                    at INTEGER NOT NULL,
                    checksum INTEGER NOT NULL,
                    PRIMARY KEY (principal, requestID)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX answerByTime ON answer (at);
                """
        )
    }

    private static func createKeys(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE apiKey (
                    id TEXT PRIMARY KEY,
                    document TEXT NOT NULL,
                    checksum INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;

                -- Written now and then, so apart.
                CREATE TABLE keyUse (
                    key TEXT PRIMARY KEY REFERENCES apiKey ON DELETE CASCADE,
                    at INTEGER NOT NULL,
                    source TEXT NOT NULL
                ) STRICT, WITHOUT ROWID;
                """
        )
    }

    private static func createEntryUse(_ database: Database) throws {
        try database.execute(
            sql: """
                -- When an entry decided last. Written now and then, so apart, and without checksums:
                -- it decides nothing.
                CREATE TABLE entryUse (
                    list INTEGER NOT NULL,
                    number INTEGER NOT NULL,
                    at INTEGER NOT NULL,
                    PRIMARY KEY (list, number),
                    FOREIGN KEY (list, number) REFERENCES entry ON DELETE CASCADE
                ) STRICT, WITHOUT ROWID;

                -- Since when that is recorded; one row.
                CREATE TABLE entryUseStart (
                    id INTEGER PRIMARY KEY CHECK (id = 1),
                    at INTEGER NOT NULL
                ) STRICT;
                """
        )
    }

    private static func createAudit(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE audit (
                    number INTEGER PRIMARY KEY,
                    at INTEGER NOT NULL,
                    action TEXT NOT NULL,
                    warehouse TEXT,
                    actor TEXT NOT NULL,
                    -- The record as JSON, over which the hash is made.
                    document TEXT NOT NULL,
                    hash TEXT NOT NULL
                ) STRICT;
                CREATE INDEX auditByWarehouse ON audit (warehouse, number);
                -- REPLACE would remove a record without the trigger below.
                CREATE TRIGGER auditIsOnlyAppended BEFORE INSERT ON audit
                    WHEN NEW.number <= (SELECT ifnull(max(number), 0) FROM audit)
                    BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END;
                CREATE TRIGGER auditIsNotChanged BEFORE UPDATE ON audit
                    BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END;
                CREATE TRIGGER auditIsNotRemoved BEFORE DELETE ON audit
                    BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END;
                """
        )
    }

    private static func createTally(_ database: Database) throws {
        try database.execute(
            sql: """
                -- What the triggers count.
                CREATE TABLE tally (
                    name TEXT PRIMARY KEY,
                    value INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                INSERT INTO tally (name, value) VALUES ('checksums', 0), ('auditHead', 0);
                CREATE TRIGGER auditIsCounted AFTER INSERT ON audit
                    BEGIN UPDATE tally SET value = NEW.number WHERE name = 'auditHead'; END;
                """
        )
        try addUp(Tally.firstTables, database)
    }

    private static func createAccounts(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE account (
                    id TEXT PRIMARY KEY,
                    document TEXT NOT NULL,
                    checksum INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE session (
                    id TEXT PRIMARY KEY,
                    document TEXT NOT NULL,
                    checksum INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;

                -- Written now and then, so apart.
                CREATE TABLE sessionUse (
                    session TEXT PRIMARY KEY REFERENCES session ON DELETE CASCADE,
                    at INTEGER NOT NULL,
                    source TEXT NOT NULL
                ) STRICT, WITHOUT ROWID;
                """
        )
        try addUp(Tally.accountTables, database)
    }

    private static func createWebhooks(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE webhook (
                    id TEXT PRIMARY KEY,
                    document TEXT NOT NULL,
                    checksum INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                """
        )
        try addUp(Tally.webhookTables, database)
    }

    private static func addUp(_ tables: [String], _ database: Database) throws {
        for table in tables {
            for (event, change) in [
                ("Insert", "+ NEW.checksum"), ("Delete", "- OLD.checksum"),
                ("Update", "+ NEW.checksum - OLD.checksum"),
            ] {
                try database.execute(
                    sql: """
                        CREATE TRIGGER \(table)\(event)IsCounted
                            AFTER \(event) ON \(table)
                            BEGIN
                            UPDATE tally SET value = value \(change) WHERE name = 'checksums';
                            END;
                        """
                )
            }
        }
    }
}
