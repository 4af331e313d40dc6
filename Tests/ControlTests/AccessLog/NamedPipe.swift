import Glibc

/// A pipe with a name, whose reader decides when it reads: a slow destination of a log.
final class NamedPipe {
    private var descriptor: Int32

    /// Makes the pipe and opens its reading end.
    init(at path: String) throws {
        // Without this a write after the reader has gone would end the process: ProcessSettings
        // sees to that in the gateway.
        _ = signal(SIGPIPE, SIG_IGN)
        let isMade = unsafe mkfifo(path, 0o600) == 0
        // A reader that does not wait for a writer (fifo(7)).
        descriptor = isMade ? unsafe open(path, O_RDONLY | O_NONBLOCK) : -1
        if descriptor < 0 { throw Failure() }
    }

    /// Opens the reading end of a pipe that is there already.
    init(reading path: String) throws {
        descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK)
        if descriptor < 0 { throw Failure() }
    }

    struct Failure: Error {}

    deinit {
        closeReader()
    }

    func closeReader() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// Waits for bytes and takes so many at most.
    ///
    /// - Returns: how many there were.
    func readBytes(_ count: Int) -> Int {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&entry, 1, 60_000) > 0 else { return 0 }
        var buffer = [UInt8](repeating: 0, count: count)
        return unsafe Glibc.read(descriptor, &buffer, buffer.count)
    }

    /// Reads until a line contains `text`. Blocks.
    func readLines(until text: String) -> [Substring] {
        var lines: [Substring] = []
        var rest = ""
        while !(lines.last?.contains(text) ?? false) {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&entry, 1, 60_000) > 0 else { break }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let read = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            guard read > 0 else { continue }
            let pieces = (rest + String(decoding: buffer.prefix(read), as: UTF8.self))
                .split(separator: "\n", omittingEmptySubsequences: false)
            lines += pieces.dropLast()
            rest = String(pieces.last ?? "")
        }
        return lines
    }

    /// Reads until there are so many lines. Blocks.
    func readLines(_ count: Int) -> [Substring] {
        var bytes: [UInt8] = []
        var found = 0
        while found < count {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&entry, 1, 60_000) > 0 else { break }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let read = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            guard read > 0 else { continue }
            bytes += buffer.prefix(read)
            found += buffer.prefix(read).count { $0 == UInt8(ascii: "\n") }
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}
