import GRDB
package import Policy
package import Time

/// An entry by its place in the database.
package struct EntryPlace: Hashable, Sendable {
    /// ``StoredList/row``
    package var list: Int64
    /// ``EntryID/number``
    package var number: UInt32

    package init(list: Int64, number: UInt32) {
        self.list = list
        self.number = number
    }
}

/// When entries decided last, as it is remembered over restarts: to the hour or so.
package struct EntryUses: Hashable, Sendable {
    /// Since when that is recorded; `nil` if it is not.
    package var since: UnixTime?
    package var last: [EntryPlace: UnixTime]

    package init(since: UnixTime? = nil, last: [EntryPlace: UnixTime] = [:]) {
        self.since = since
        self.last = last
    }

    /// From when on an entry has decided on no connection; `nil` if that is not known.
    ///
    /// - Parameter hit: when it decided last, in this process.
    package func idleSince(_ place: EntryPlace, hit: UnixTime?) -> UnixTime? {
        [hit, last[place]].compactMap(\.self).max() ?? since
    }
}

extension PolicyStore {
    /// Begins to remember when entries decide, unless that has begun. Blocks.
    package func startRecordingEntryUses(at now: UnixTime) throws(StoreError) {
        try writeUses { database in
            try database.execute(
                sql: "INSERT INTO entryUseStart (id, at) VALUES (1, ?) ON CONFLICT DO NOTHING",
                arguments: [now.seconds]
            )
        }
    }

    /// Remembers when entries decided last. It is no change of the policy: neither the audit nor a
    /// version has it. Entries that no longer exist are passed over. Blocks.
    package func recordEntryUses(_ uses: [EntryPlace: UnixTime]) throws(StoreError) {
        guard !uses.isEmpty else { return }
        try writeUses { database in
            let statement = try database.makeStatement(
                sql: """
                    INSERT INTO entryUse (list, number, at)
                    SELECT list, number, ? FROM entry WHERE list = ? AND number = ?
                    ON CONFLICT (list, number) DO UPDATE SET at = excluded.at
                    """
            )
            for (place, time) in uses {
                try statement.execute(arguments: [time.seconds, place.list, Int64(place.number)])
            }
        }
    }

    private func writeUses(_ body: (Database) throws -> Void) throws(StoreError) {
        guard isWritable else { throw .locked(path: path) }
        do {
            try pool.write(body)
        } catch {
            throw Self.error(error, path)
        }
    }

    /// When the entries of some lists decided last. Blocks.
    ///
    /// - Parameter lists: their rows.
    package func entryUses(of lists: some Sequence<Int64>) throws(StoreError) -> EntryUses {
        do {
            return try pool.read { database in
                var uses = EntryUses()
                uses.since = try Int64.fetchOne(database, sql: "SELECT at FROM entryUseStart")
                    .map(UnixTime.init(seconds:))
                for list in lists {
                    let rows = try Row.fetchCursor(
                        database,
                        sql: "SELECT number, at FROM entryUse WHERE list = ?",
                        arguments: [list]
                    )
                    while let row = try rows.next() {
                        let (number, at): (Int64, Int64) = try (row.value(0), row.value(1))
                        let place = EntryPlace(list: list, number: UInt32(clamping: number))
                        uses.last[place] = UnixTime(seconds: at)
                    }
                }
                return uses
            }
        } catch {
            throw Self.error(error, path)
        }
    }
}

// MARK: - What a gateway has counted

extension StoredPolicy {
    /// The places of an enforced policy's lists, by their series.
    package func storedLists(of policy: Policy) -> [UInt32: StoredList] {
        var found: [UInt32: StoredList] = [:]
        for (id, warehouse) in policy.warehouses {
            for list in warehouse.whitelist.lists {
                found[list.series] = storedList(list.name, of: id)
            }
        }
        return found
    }

    /// `nil` for files.
    package func storedList(_ name: EntryList.Name, of warehouse: String) -> StoredList? {
        switch name {
        case .entries: warehouses[warehouse]?.list(for: nil)
        case .service(let service): warehouses[warehouse]?.list(for: service)
        case .group(let group): groups[group]?.list
        case .file: nil
        }
    }
}
