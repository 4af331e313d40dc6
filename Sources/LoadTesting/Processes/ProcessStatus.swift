/// What `/proc/PID/stat` says of one process (proc(5)), as far as it matters here.
struct ProcessStatus: Equatable {
    /// The program's name, at most 15 bytes of it.
    let name: String
    /// Its own user and system time, in clock ticks.
    let ownTicks: Int64
    /// That and the time of children that were waited for, in clock ticks.
    let processorTicks: Int64
    /// When it began, in clock ticks since the machine did: tells it from a later one of its number.
    let startTicks: Int64
    /// A process that has ended and was not waited for.
    let isZombie: Bool
    /// The resident set, in pages.
    let residentPageCount: Int

    /// `nil` if `text` is not such a line.
    init?(stat text: String) {
        // The name, in parentheses, may hold anything.
        guard let nameStart = text.firstIndex(of: "("), let nameEnd = text.lastIndex(of: ")"),
            nameStart < nameEnd
        else { return nil }
        name = String(text[text.index(after: nameStart)..<nameEnd])
        let fields = text[nameEnd...].split(separator: " ").dropFirst()
        // proc(5) counts from 1, and the name is number 2: utime is 14, stime 15, cutime 16,
        // cstime 17, starttime 22, rss 24.
        let numbers = fields.map { Int64($0) ?? 0 }
        guard numbers.count > 21 else { return nil }
        ownTicks = numbers[11] &+ numbers[12]
        processorTicks = numbers[11...14].reduce(0, &+)
        startTicks = numbers[19]
        residentPageCount = Int(clamping: numbers[21])
        isZombie = fields.first == "Z"
    }

    /// What `RssAnon` says in `/proc/PID/status`, in bytes; 0 where it says nothing.
    static func anonymousByteCount(status text: String) -> Int {
        let line = text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first
        let (bytes, overflow) = (kibibytes.flatMap { Int($0) } ?? 0)
            .multipliedReportingOverflow(by: 1_024)
        return overflow ? 0 : bytes
    }
}
