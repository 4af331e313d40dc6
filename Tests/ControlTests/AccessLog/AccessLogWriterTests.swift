import Foundation
import Logging
import Settings
import Synchronization
import Testing
import Traffic

@testable import Control

@Suite("The access log", .timeLimit(.minutes(2)))
struct AccessLogWriterTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func writer(
        to name: String = "access.log",
        includesProbes: Bool = false
    ) throws -> AccessLogWriter {
        let destination = try LogDestination.of(.file(path: folder.path(of: name)))
        return AccessLogWriter(to: destination, includesProbes: includesProbes)
    }

    /// The numbers of the connections in a file, in the order of their lines.
    private func numbers(in name: String = "access.log") throws -> [Int] {
        struct Line: Decodable {
            var connection: Int
        }
        let text = try String(contentsOfFile: folder.path(of: name), encoding: .utf8)
        return try text.split(separator: "\n").map { line in
            try JSONDecoder().decode(Line.self, from: Data(line.utf8)).connection
        }
    }

    @Test("Each record becomes a line, in order")
    func lines() throws {
        let writer = try writer()
        for batch in 0..<100 { writer.write((0..<20).map { .example(batch * 20 + $0) }) }
        writer.flush(within: .seconds(60))
        #expect(try numbers() == Array(0..<2_000))
        #expect(writer.droppedLineCount == 0)
    }

    @Test("A batch larger than one write is written whole")
    func largeBatch() throws {
        let writer = try writer()
        writer.write((0..<5_000).map { .example($0) })
        writer.flush(within: .seconds(60))
        #expect(try numbers() == Array(0..<5_000))
    }

    @Test("A probe has no line, unless probes are logged")
    func probes() throws {
        for includesProbes in [false, true] {
            let writer = try writer(to: "\(includesProbes).log", includesProbes: includesProbes)
            writer.write([.example(1), .example(2, end: .probe), .example(3)])
            writer.flush(within: .seconds(60))
            let expected = includesProbes ? [1, 2, 3] : [1, 3]
            #expect(try numbers(in: "\(includesProbes).log") == expected)
        }
    }

    @Test("Existing content of the file is kept, and only its owner and group may read it")
    func existingFile() throws {
        try folder.write(Data("{\"connection\":7}\n".utf8), to: "access.log")
        let writer = try writer()
        writer.write([.example(8)])
        writer.flush(within: .seconds(60))
        #expect(try numbers() == [7, 8])

        _ = try self.writer(to: "new.log")
        let attributes = try FileManager.default.attributesOfItem(
            atPath: folder.path(of: "new.log")
        )
        let mode = try #require(attributes[.posixPermissions] as? Int)
        #expect(mode & 0o137 == 0, "0640, less what umask takes away")
    }

    @Test("After a rotation the earlier lines are in the old file, the later ones in a new one")
    func rotation() throws {
        let writer = try writer()
        writer.write((0..<1_000).map { .example($0) })
        try FileManager.default.moveItem(
            atPath: folder.path(of: "access.log"),
            toPath: folder.path(of: "access.log.1")
        )
        writer.reopen { Issue.record($0) }
        writer.write((1_000..<2_000).map { .example($0) })
        writer.flush(within: .seconds(60))
        #expect(try numbers(in: "access.log.1") == Array(0..<1_000))
        #expect(try numbers() == Array(1_000..<2_000))
    }

    @Test("If the file cannot be reopened, the log continues in the old one and reports it")
    func failedReopen() throws {
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent("logs"),
            withIntermediateDirectories: false
        )
        let writer = try writer(to: "logs/access.log")
        try FileManager.default.moveItem(
            at: folder.url.appendingPathComponent("logs"),
            to: folder.url.appendingPathComponent("moved")
        )
        let errors = Mutex<[LogDestination.OpenError]>([])
        writer.reopen { error in errors.withLock { $0.append(error) } }
        writer.write([.example(5)])
        writer.flush(within: .seconds(60))
        #expect(try numbers(in: "moved/access.log") == [5])
        let error = try #require(errors.withLock { $0 }.first)
        #expect(error.path == folder.path(of: "logs/access.log"))
        #expect(error.description.hasSuffix("no such file or directory"))
    }

    @Test("A file that cannot be opened at the start is an error that names it")
    func unopenable() throws {
        let path = folder.path(of: "none/access.log")
        let error = #expect(throws: LogDestination.OpenError.self) {
            try LogDestination.of(.file(path: path))
        }
        #expect(error?.description.contains(path) == true)
    }

    @Test("A log that is off writes and drops nothing; it can be turned on, moved and turned off")
    func redirect() throws {
        #expect(try LogDestination.of(.off) == nil)
        let writer = AccessLogWriter(to: nil, includesProbes: false)
        writer.write([.example(1)])
        for (name, number) in [("a.log", 2), ("b.log", 3)] {
            let destination = try LogDestination.of(.file(path: folder.path(of: name)))
            writer.redirect(to: destination, includesProbes: true)
            writer.write([.example(number, end: .probe)])
        }
        writer.redirect(to: nil, includesProbes: true)
        writer.write([.example(4)])
        writer.flush(within: .seconds(60))
        #expect(try numbers(in: "a.log") == [2])
        #expect(try numbers(in: "b.log") == [3])
        #expect(writer.droppedLineCount == 0)
    }

    @Test("A named pipe without a reader is an error, and does not block")
    func unreadPipe() throws {
        let path = folder.path(of: "pipe")
        try NamedPipe(at: path).closeReader()
        let error = #expect(throws: LogDestination.OpenError.self) {
            try LogDestination.of(.file(path: path))
        }
        #expect(error?.reason.contains("named pipe without a reader") == true)
    }
}

/// Readers that are slow, full or gone.
@Suite("The access log with a bad destination", .timeLimit(.minutes(2)))
struct SlowAccessLogTests {
    @Test("If the reader does not read, records wait up to the limit; the rest are counted")
    func backlog() throws {
        let folder = try TemporaryFolder()
        let pipe = try NamedPipe(at: folder.path(of: "log"))
        let destination = try LogDestination.of(.file(path: folder.path(of: "log")))
        let writer = AccessLogWriter(
            to: destination,
            includesProbes: false,
            backlogLimit: 3_500
        )
        // The writer blocks on the full pipe in its first batch: the others wait.
        for batch in 0..<10 { writer.write((0..<1_000).map { .example(batch * 1_000 + $0) }) }
        #expect(writer.droppedLineCount == 7_000, "three batches found room")
        let lines = pipe.readLines(3_000)
        #expect(lines.count == 3_000)
        #expect(lines.last?.contains("\"connection\":2999,") == true)

        // The reader has caught up: there is room again.
        writer.flush(within: .seconds(60))
        let dropped = writer.droppedLineCount
        writer.write([.example(7)])
        #expect(pipe.readLines(1).count == 1)
        #expect(writer.droppedLineCount == dropped)
    }

    @Test("Writing records never waits for the reader; a flush waits up to its timeout")
    func flushLimit() throws {
        let folder = try TemporaryFolder()
        let pipe = try NamedPipe(at: folder.path(of: "log"))
        let destination = try LogDestination.of(.file(path: folder.path(of: "log")))
        let writer = AccessLogWriter(to: destination, includesProbes: false)
        writer.write((0..<1_000).map { .example($0) })
        // Both return although nobody reads.
        writer.reopen { Issue.record($0) }
        writer.flush(within: .milliseconds(1_500))
        #expect(pipe.readLines(1_000).count == 1_000)
    }

    @Test("On a full disk, lines are dropped and counted, and the log recovers")
    func fullDisk() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "access.log")
        let full = try LogDestination.of(.file(path: "/dev/full"))
        let events = Mutex<[OperatorEvent]>([])
        let writer = AccessLogWriter(to: full, includesProbes: false) { event in
            events.withLock { $0.append(event) }
        }
        writer.write((0..<3).map { .example($0) })
        writer.write([.example(4), .example(5, end: .probe)])
        writer.flush(within: .seconds(60))
        #expect(writer.droppedLineCount == 4, "a probe has no line to lose")
        #expect(writer.failure == "no space left on device")

        writer.redirect(to: try LogDestination.of(.file(path: path)), includesProbes: false)
        writer.write([.example(6)])
        writer.flush(within: .seconds(60))
        #expect(writer.failure == nil)
        let told = events.withLock { $0 }
        #expect(told.map(\.level) == [Logger.Level.error, .notice], "once each, not for each line")
        #expect(told[0].sentence.contains("cannot write the access log: no space left on device"))
        #expect(told[1].sentence.contains("4 lines lost"))
    }

    @Test("A partly written line is completed before the next one begins")
    func cutLine() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "log")
        let pipe = try NamedPipe(at: path)
        let destination = try LogDestination.of(.file(path: path))
        let writer = AccessLogWriter(to: destination, includesProbes: false)
        // More than the pipe holds: the writer waits in the middle of a line, until the reader has
        // gone.
        writer.write((0..<2_000).map { .example($0) })
        #expect(pipe.readBytes(1_000) == 1_000)
        pipe.closeReader()
        writer.flush(within: .seconds(60))
        let lost = writer.droppedLineCount
        #expect(lost > 0)

        // What the pipe holds stays in it as long as the writer has it open.
        let next = try NamedPipe(reading: path)
        writer.write([.example(9_000)])
        let lines = next.readLines(until: "\"connection\":9000,").dropFirst()
        writer.flush(within: .seconds(60))
        let numbers = try lines.map { line in
            try JSONDecoder().decode(Line.self, from: Data(line.utf8)).connection
        }
        #expect(numbers.last == 9_000)
        let whole = Array(numbers.dropLast())
        let first = try #require(whole.first)
        #expect(whole == Array(first..<(2_000 - lost)), "every line that was begun is whole")
    }

    private struct Line: Decodable { var connection: Int }

    @Test("If the reader is gone, lines are dropped and counted; a new reader gets later ones")
    func brokenPipe() throws {
        let folder = try TemporaryFolder()
        let pipe = try NamedPipe(at: folder.path(of: "log"))
        let destination = try LogDestination.of(.file(path: folder.path(of: "log")))
        let writer = AccessLogWriter(to: destination, includesProbes: false)
        pipe.closeReader()
        writer.write([.example(1), .example(2)])
        writer.flush(within: .seconds(60))
        #expect(writer.droppedLineCount == 2)
    }
}
