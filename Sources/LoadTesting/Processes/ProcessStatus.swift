/// What `/proc/PID/stat` says of one process (proc(5)), as far as it matters here.
struct ProcessStatus: Equatable {
    /// Its own user and system time, and that of children that were waited for, in clock ticks.
    let processorTicks: Int64
    /// When it began, in clock ticks since the machine did: tells it from a later one of its number.
    let startTicks: Int64
    /// A process that has ended and was not waited for.
    let isZombie: Bool
    /// The resident set, in pages.
    let residentPageCount: Int

    /// `nil` where `text` is no such line.
    init?(stat text: String) {
        // The name, in parentheses, may hold anything.
        guard let nameEnd = text.lastIndex(of: ")") else { return nil }
        let fields = text[nameEnd...].split(separator: " ").dropFirst()
        // proc(5) counts from 1, and the name is number 2: utime is 14, stime 15, cutime 16,
        // cstime 17, starttime 22, rss 24.
        let numbers = fields.map { Int64($0) ?? 0 }
        guard numbers.count > 21 else { return nil }
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
