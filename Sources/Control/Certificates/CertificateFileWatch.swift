import Sockets

/// Decides when the files that TLS settings name are read again, and when it is reported that they
/// cannot be used.
///
/// Programs such as certbot replace certificate and key one after the other: what has changed is read
/// once it has been the same for a while, and what does not fit is tried again before anyone hears of
/// it.
struct CertificateFileWatch {
    /// By path; a file that cannot be found has none.
    typealias Versions = [String: FileVersion]

    enum Step: Equatable {
        case read
        /// Look again after this time.
        case wait(Duration)
    }

    enum Report: Equatable {
        case failing(reason: String)
        case recovered
    }

    private struct Failure {
        let since: Duration
        var reason: String
        var isReported = false
    }

    static let interval = Duration.seconds(30)
    /// How long files must not have changed before they are read.
    static let settling = Duration.seconds(2)
    /// For files that cannot be used.
    static let patience = Duration.seconds(60)

    /// Those that were read and used.
    private var used: Versions?
    private var seen: Versions?
    private var failure: Failure?

    /// Why files cannot be used that should be; `nil` if all is well, or may soon be.
    var standing: String? { failure.flatMap { $0.isReported ? $0.reason : nil } }

    /// - Parameter isUsed: whether what was read last is what the gateway uses.
    mutating func look(_ versions: Versions, isUsed: Bool) -> Step {
        defer { seen = versions }
        if isUsed, versions == used { return .wait(Self.interval) }
        return versions == seen ? .read : .wait(Self.settling)
    }

    /// - Parameter versions: from before the files were read.
    mutating func succeeded(_ versions: Versions) -> Report? {
        used = versions
        defer { failure = nil }
        return standing == nil ? nil : .recovered
    }

    /// - Parameter now: of a clock that is not set.
    mutating func failed(_ reason: String, at now: Duration) -> Report? {
        var failure = failure ?? Failure(since: now, reason: reason)
        defer { self.failure = failure }
        let isNews = !failure.isReported || failure.reason != reason
        failure.reason = reason
        guard isNews, now - failure.since >= Self.patience else { return nil }
        failure.isReported = true
        return .failing(reason: reason)
    }
}
