import Dispatch
import Foundation
import Settings
import Synchronization
import Testing

@testable import Control

@Suite("Reading a file that somebody is writing", .timeLimit(.minutes(2)))
struct LimitedFileTests {
    private func file(_ path: String) -> LimitedFile {
        LimitedFile(path: path, sizeLimit: 1 << 20, writing: .linesInPlace)
    }

    @Test("A file that is written in place again and again is read as a whole or not at all")
    func rewritten() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "list")
        let whole = Array(
            ((0..<4_000).map { "192.0.2.\($0 % 256)\n" }.joined() + "!192.0.2.7\n").utf8
        )
        try Data(whole).write(to: URL(fileURLWithPath: path))
        // Never at the end of a line: a writer that pauses there cannot be told from one that is
        // done, and on a busy machine every writer pauses.
        let ends = stride(from: 1_000, to: whole.count, by: 1_000).map { end in
            whole[end - 1] == UInt8(ascii: "\n") ? end - 1 : end
        }
        let pieces = zip([0] + ends, ends + [whole.count]).map { Data(whole[$0..<$1]) }
        let isDone = Atomic(false)
        let writer = Thread {
            while !isDone.load(ordering: .relaxed) {
                // `open` with O_TRUNC, then many writes.
                guard let handle = FileHandle(forWritingAtPath: path) else { return }
                try? handle.truncate(atOffset: 0)
                for piece in pieces { handle.write(piece) }
                try? handle.close()
                Thread.sleep(forTimeInterval: 0.04)
            }
        }
        writer.start()
        defer { isDone.store(true, ordering: .relaxed) }
        for _ in 0..<10 {
            do throws(UnreadableFile) {
                let bytes = try file(path).bytes()
                #expect(bytes == whole, "\(bytes.count) of \(whole.count) bytes")
            } catch {
                #expect(error.reason.contains("being written"))
            }
        }
    }

    /// What is read of a file that has `text` and gets another one 0.2 s later.
    ///
    /// A file that does not change for a second is done, and one is waited for for three seconds: if
    /// the machine stands still for so long, it is tried again.
    private func read(
        _ text: String,
        _ change: @escaping @Sendable (_ path: String) -> Void
    ) throws -> [UInt8]? {
        var bytes: [UInt8]?
        for _ in 0..<10 {
            let folder = try TemporaryFolder()
            let path = folder.path(of: "list")
            let begin = ContinuousClock.now
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            let isChanged = DispatchSemaphore(value: 0)
            let changedAt = Mutex(begin)
            Thread.detachNewThread {
                Thread.sleep(forTimeInterval: 0.2)
                change(path)
                changedAt.withLock { $0 = .now }
                isChanged.signal()
            }
            // `try?`: a file that is written for too long is none.
            bytes = try? file(path).bytes()
            let end = ContinuousClock.now
            isChanged.wait()
            let isInTime = changedAt.withLock { $0 } - begin < .milliseconds(800)
            if isInTime, end - begin < .milliseconds(2_500) { return bytes }
        }
        return bytes
    }

    @Test("A file that was emptied to be written again is waited for")
    func emptied() throws {
        let bytes = try read("") { path in
            try? Data("!192.0.2.7\n".utf8).write(to: URL(fileURLWithPath: path))
        }
        #expect(bytes == Array("!192.0.2.7\n".utf8))
    }

    @Test("A last line without an end is waited for, and read if nothing follows")
    func unfinished() throws {
        let bytes = try read("192.0.0.0/2") { path in
            guard let handle = FileHandle(forWritingAtPath: path) else { return }
            handle.seekToEndOfFile()
            handle.write(Data("4\n".utf8))
        }
        #expect(bytes == Array("192.0.0.0/24\n".utf8))
        let folder = try TemporaryFolder()
        let path = folder.path(of: "list")
        try Data("192.0.0.0/2".utf8).write(to: URL(fileURLWithPath: path))
        #expect(try file(path).bytes() == Array("192.0.0.0/2".utf8))
    }
}
