import Checksums
import GRDB
import Policy
import Sockets
import Synchronization
import Text

/// How far a store has come. The hash is over the whole audit, so a copy from before, a copy that
/// went its own way and the store of another gateway all differ from it.
struct StorePosition: Hashable, Sendable {
    var revision: PolicyRevision
    /// Of the audit's last record.
    var auditNumber: Int64
    var auditHash: String
}

extension StorePosition {
    /// That of an open database.
    init(in database: Database) throws {
        revision = try PolicyRows.readRevision(from: database)
        (auditNumber, auditHash) = try AuditRows.head(in: database)
    }
}

extension PolicyStore.Contents {
    var position: StorePosition {
        StorePosition(
            revision: policy.revision,
            auditNumber: auditHead.number,
            auditHash: auditHead.hash
        )
    }
}

/// The position of a store, in a small file beside it that is written before a write is answered: a
/// store that is older than what was answered is recognized, however soon it is replaced.
///
/// The file has two records of 4 KiB, written in turn and in place: what is being written when the
/// machine fails leaves the other, and a full disk is no obstacle. Each is a line of text with its
/// checksum, filled up with zeros:
///
///     sluice.store 1 41 57 8f14e45f… 3735928559
final class StoreMark: Sendable {
    /// The file has none that can be read.
    struct Unreadable: Error {}

    private struct State {
        var position: StorePosition
        /// The record that holds it.
        var place: Int
    }

    private static let recordSize = 4_096
    private static let recordCount = 2

    private let file: File
    private let state: Mutex<State>

    /// The path of the mark of the store at `path`.
    static func path(of path: String) -> String { path + ".mark" }

    /// Opens the mark of the store at `path`, and makes it say `position`.
    init(_ path: String, at position: StorePosition) throws {
        if let known = try Self.read(path) {
            file = try File(private: Self.path(of: path))
            state = Mutex(known)
            try advance(to: position)
        } else {
            try Self.replace(path, at: position)
            file = try File(private: Self.path(of: path))
            state = Mutex(State(position: position, place: 0))
        }
    }

    var position: StorePosition { state.withLock { $0.position } }

    /// Writes a position, unless it is there; it is on disk when this returns (fdatasync(2)).
    func advance(to position: StorePosition) throws(SystemError) {
        try state.withLock { state throws(SystemError) in
            guard position != state.position else { return }
            let place = (state.place + 1) % Self.recordCount
            try file.write(Self.record(position), at: place * Self.recordSize)
            try file.synchronizeData()
            state = State(position: position, place: place)
        }
    }

    /// The position that the file has; `nil` without a file.
    static func position(of path: String) throws -> StorePosition? { try read(path)?.position }

    /// Makes a new file, whatever there was before: a restored store may be older.
    static func replace(_ path: String, at position: StorePosition) throws(SystemError) {
        let bytes = record(position) + [UInt8](repeating: 0, count: recordSize)
        try File.replace(Self.path(of: path), with: bytes, isDurable: true, isPrivate: true)
        try File.synchronizeFolder(of: Self.path(of: path))
    }

    /// Forgets the store at `path`.
    static func remove(_ path: String) { File.remove(Self.path(of: path)) }
}

// MARK: - Records

extension StoreMark {
    private static let title = "sluice.store 1"

    private static func record(_ position: StorePosition) -> [UInt8] {
        let text =
            "\(title) \(position.revision.number) \(position.auditNumber) \(position.auditHash)"
        let line = Array("\(text) \(checksum(text))\n".utf8)
        return line + [UInt8](repeating: 0, count: recordSize - line.count)
    }

    /// The newer of the records.
    private static func read(_ path: String) throws -> State? {
        guard let bytes = try bytes(of: Self.path(of: path)) else { return nil }
        var newest: State?
        for place in 0..<recordCount {
            let record = bytes.dropFirst(place * recordSize).prefix(recordSize)
            guard let position = position(in: record) else { continue }
            if let known = newest, !position.isAfter(known.position) { continue }
            newest = State(position: position, place: place)
        }
        guard let newest else { throw Unreadable() }
        return newest
    }

    private static func bytes(of file: String) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try File(reading: file).readToEnd(limit: recordCount * recordSize)
        } catch {
            if error == .noSuchFile { return nil }
            throw error
        }
    }

    private static func position(in record: ArraySlice<UInt8>) -> StorePosition? {
        guard let end = record.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let line = String(decoding: record[..<end], as: UTF8.self)
        let fields = line.split(separator: " ", omittingEmptySubsequences: false)
        guard fields.count == 6, fields[0...1].joined(separator: " ") == title,
            let revision = UInt64(fields[2]), let number = Int64(fields[3]),
            UInt32(fields[5]) == checksum(fields[..<5].joined(separator: " "))
        else { return nil }
        return StorePosition(
            revision: PolicyRevision(revision),
            auditNumber: number,
            auditHash: String(fields[4])
        )
    }

    private static func checksum(_ text: String) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(Array(text.utf8).span)
        return checksum.value
    }
}

// MARK: - Comparison

extension StorePosition {
    fileprivate func isAfter(_ other: StorePosition) -> Bool {
        (auditNumber, revision.number) > (other.auditNumber, other.revision.number)
    }

    /// Why a store with these contents is not the one that has come to this position, or a later one
    /// of it; `nil` if it is.
    func difference(from contents: PolicyStore.Contents, in database: Database) throws -> String? {
        let found = contents.position
        guard found.revision >= revision, found.auditNumber >= auditNumber else {
            return "it has lost changes: it is at revision \(found.revision) and record"
                + " \(found.auditNumber) of the audit, and was at \(revision) and \(auditNumber)"
        }
        let hash = try AuditRows.hash(of: auditNumber, in: database)
        return hash == auditHash
            ? nil
            : "record \(auditNumber) of its audit is another one: it is not the store that was here"
    }
}
