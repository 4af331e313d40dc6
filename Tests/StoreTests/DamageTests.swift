import Foundation
import GRDB
import Policy
import SeededRandom
import Testing

@testable import Store

/// Whatever happens to the files: the store either opens with exactly what was committed, or it
/// does not open.
@Suite("Damaged stores", .serialized)
struct DamageTests {
    /// More with `SLUICE_DAMAGE_ROUNDS`.
    private static let roundCount =
        ProcessInfo.processInfo.environment["SLUICE_DAMAGE_ROUNDS"].flatMap { Int($0) } ?? 40
    private static let seed =
        ProcessInfo.processInfo.environment["SLUICE_DAMAGE_SEED"].flatMap { UInt64($0) } ?? 1

    private let place: TestStore
    private let before: Snapshot
    private let whole: [String: Data]
    private let file: Data

    init() throws {
        place = try TestStore()
        before = try place.fill(entryCount: 60)
        whole = place.files
        file = try #require(whole[""])
        #expect(whole["-wal"]?.isEmpty ?? true)
    }

    private enum Outcome {
        case same, refused
    }

    /// Opens a store with this file, which must have what was written or be refused.
    @discardableResult
    private func expectAllOrNothing(
        _ files: [String: Data],
        _ what: @autoclosure () -> String,
        location: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        try place.replaceFiles(by: files)
        do {
            let store = try place.open(.open)
            // A damaged record of the audit does not keep a store from opening.
            guard try store.verifyAudit().valid else { return .refused }
            let after = try Snapshot(store)
            let isSame = after == before
            #expect(isSame, "\(what())", sourceLocation: location)
            return .same
        } catch let error as StoreError {
            #expect(error.isLoss, "\(what()): \(error)", sourceLocation: location)
            return .refused
        }
    }

    private static let pageSize = 4_096

    private func page(_ number: Int) -> Range<Int> {
        number * Self.pageSize..<(number + 1) * Self.pageSize
    }

    private var pageCount: Int { file.count / Self.pageSize }

    @Test("A file that was cut is refused")
    func truncated() throws {
        var generator = SeededGenerator(seed: Self.seed)
        var lengths = Array(0..<pageCount).map { $0 * Self.pageSize }
        lengths += [1, 15, 16, 99, 100, 101, 512, file.count - 1, file.count - 512]
        lengths += (0..<Self.roundCount).map { _ in
            Int.random(in: 0..<file.count, using: &generator)
        }
        for length in lengths {
            let outcome = try expectAllOrNothing(["": file.prefix(length)], "\(length) bytes")
            #expect(outcome == .refused, "\(length) bytes")
        }
    }

    @Test("A file with bytes of garbage is refused, unless they were not used")
    func garbage() throws {
        var generator = SeededGenerator(seed: Self.seed)
        for round in 0..<Self.roundCount * 2 {
            let number = round % pageCount
            let count = Int.random(in: 1...64, using: &generator)
            let start = Int.random(in: 0...Self.pageSize - count, using: &generator)
            var bytes = file
            for place in 0..<count {
                bytes[number * Self.pageSize + start + place] = .random(
                    in: 0...255,
                    using: &generator
                )
            }
            try expectAllOrNothing(["": bytes], "page \(number), \(count) bytes at \(start)")
        }
    }

    @Test("A single bit that has changed is noticed, unless it was not used")
    func bits() throws {
        var generator = SeededGenerator(seed: Self.seed)
        var refusedCount = 0
        for _ in 0..<Self.roundCount * 2 {
            // Unused space is mostly zero.
            var place: Int
            repeat {
                place = Int.random(in: 0..<file.count, using: &generator)
            } while file[place] == 0
            let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
            var bytes = file
            bytes[place] ^= bit
            let outcome = try expectAllOrNothing(["": bytes], "byte \(place), bit \(bit)")
            if outcome == .refused { refusedCount += 1 }
        }
        #expect(refusedCount > Self.roundCount)
    }

    @Test(
        "A single bit that has changed in what a row says is always noticed",
        arguments: [
            "host 3", "10.0.0.7/32", "specific", "anywhere", "offices", "mysql", "W1", "vpce-3",
            "vpce-svc-2", "svc-4", "key 3", "available", "revision", "isEnabled\":false",
            "auditIsNotRemoved", "NOT NULL",
        ]
    )
    func texts(text: String) throws {
        var searched = file.startIndex..<file.endIndex
        var places: [Int] = []
        while let range = file.range(of: Data(text.utf8), in: searched), places.count < 400 {
            places.append(range.lowerBound)
            searched = range.upperBound..<file.endIndex
        }
        #expect(!places.isEmpty)
        var generator = SeededGenerator(seed: Self.seed)
        for start in places.shuffled(using: &generator).prefix(Self.roundCount / 4) {
            let place = start + Int.random(in: 0..<text.utf8.count, using: &generator)
            var bytes = file
            bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            try expectAllOrNothing(["": bytes], "\(text) at \(place)")
        }
    }

    @Test("Pages that were exchanged, doubled, zeroed or exchanged for older ones are noticed")
    func pages() throws {
        var generator = SeededGenerator(seed: Self.seed)
        for number in 0..<pageCount {
            let other = Int.random(in: 0..<pageCount, using: &generator)
            var swapped = file
            swapped.replaceSubrange(page(number), with: file[page(other)])
            try expectAllOrNothing(["": swapped], "page \(number) is a copy of \(other)")
            swapped.replaceSubrange(page(other), with: file[page(number)])
            try expectAllOrNothing(["": swapped], "pages \(number) and \(other)")
            var zeroed = file
            zeroed.replaceSubrange(page(number), with: Data(count: Self.pageSize))
            let outcome = try expectAllOrNothing(["": zeroed], "page \(number) zeroed")
            #expect(outcome == .refused, "page \(number) zeroed")
        }
    }

    @Test("A page from before the last change is noticed")
    func stalePages() throws {
        let store = try place.open(.open)
        try store.write { transaction in
            for list in TestStore.lists {
                let ids = try transaction.add([WhitelistEntry("192.0.2.1/32")], to: list)
                try transaction.change(ids[0], in: list, to: WhitelistEntry("192.0.2.2/32"))
                let before = try transaction.entry(.init(number: 7), in: list)
                var after = before
                after.isEnabled.toggle()
                try transaction.change(.init(number: 7), in: list, to: after)
            }
            try transaction.setGroups(["partners"], of: "W1")
            for key in transaction.keyring.keys.values where key.name == "key 2" {
                _ = try transaction.changeKey(key.id) { $0.isEnabled = false }
            }
        }
        let new = try Snapshot(store)
        try store.pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        store.release()
        try store.pool.close()
        let files = place.files
        let newFile = try #require(files[""])
        var staleCount = 0
        for number in 0..<pageCount where newFile[page(number)] != file[page(number)] {
            staleCount += 1
            var bytes = newFile
            bytes.replaceSubrange(page(number), with: file[page(number)])
            try place.replaceFiles(by: ["": bytes])
            do {
                let opened = try place.open(.open)
                guard try opened.verifyAudit().valid else { continue }
                let isSame = try Snapshot(opened) == new
                #expect(isSame, "page \(number)")
            } catch let error as StoreError {
                #expect(error.isLoss)
            }
        }
        #expect(staleCount > 5)
    }

    @Test("Without its last writes a store has a lower revision, or does not open")
    func lostLog() throws {
        let store = try place.open(.open)
        var states = [before]
        for number in 0..<40 {
            try store.write { transaction in
                _ = try transaction.add([WhitelistEntry("192.0.2.\(number)/32")], to: .first)
                try transaction.setMode(number.isMultiple(of: 2) ? .anywhere : .nowhere, of: "W2")
            }
            states.append(try Snapshot(store))
        }
        // Copied while it is open, as after the end of a process.
        let files = place.files
        store.release()
        try store.pool.close()
        let log = try #require(files["-wal"])
        let last = try #require(states.last)
        var generator = SeededGenerator(seed: Self.seed)
        var lengths = [0, 1, 31, 32, 33, log.count - 1, log.count]
        lengths += (0..<Self.roundCount).map { _ in Int.random(in: 0..<log.count, using: &generator)
        }
        for length in lengths {
            var damaged = files
            damaged["-shm"] = nil
            damaged["-wal"] = length == 0 ? nil : log.prefix(length)
            try expectState(of: states, damaged, "log of \(length) bytes")
            damaged["-wal"] = log
            if length < log.count {
                damaged["-wal"]?[length] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            }
            try expectState(of: states, damaged, "log with a changed bit at \(length)")
        }
        try place.replaceFiles(by: ["": try #require(files[""]), "-wal": log])
        #expect(try Snapshot(place.open(.open)) == last)
        try place.replaceFiles(by: ["-wal": log])
        #expect(throws: StoreError.missing(path: place.path)) { try place.open() }
        try place.replaceFiles(by: [:])
        #expect(throws: StoreError.missing(path: place.path)) { try place.open() }
        // The log of another state of the file.
        try expectState(
            of: states,
            ["": file, "-wal": log],
            "older file"
        )
    }

    private func expectState(of states: [Snapshot], _ files: [String: Data], _ what: String) throws
    {
        try place.replaceFiles(by: files)
        do {
            let after = try Snapshot(place.open(.open))
            #expect(states.contains(after), "\(what)")
        } catch let error as StoreError {
            #expect(error.isLoss, "\(what): \(error)")
        }
    }

    @Test("A store whose files are removed or replaced accepts no writes", arguments: ["", "-wal"])
    func replaced(suffix: String) throws {
        let store = try place.open(.open)
        let path = URL(fileURLWithPath: place.path + suffix)
        let bytes = try Data(contentsOf: path)
        try FileManager.default.removeItem(at: path)
        func write() throws {
            try store.write { transaction in
                try transaction.setMode(.anywhere, of: "W2")
            }
        }
        #expect(throws: StoreError.self) { try write() }
        try bytes.write(to: path)
        #expect(throws: StoreError.self) { try write() }
        #expect(try Snapshot(store) == before)
        store.release()
    }

    @Test("What is not a file cannot be opened")
    func otherKinds() throws {
        try place.replaceFiles(by: [:])
        try FileManager.default.createDirectory(
            atPath: place.path,
            withIntermediateDirectories: false
        )
        #expect(throws: StoreError.self) { try place.open() }
        try FileManager.default.removeItem(atPath: place.path)
        let result = unsafe mkfifo(place.path, 0o600)
        #expect(result == 0)
        #expect(throws: StoreError.self) { try place.open() }
        try FileManager.default.removeItem(atPath: place.path + ".created")
        #expect(throws: StoreError.self) { try place.open() }
        try FileManager.default.removeItem(atPath: place.path)
        try FileManager.default.createSymbolicLink(
            atPath: place.path,
            withDestinationPath: "/nowhere/at/all"
        )
        #expect(throws: StoreError.self) { try place.open() }
    }
}
