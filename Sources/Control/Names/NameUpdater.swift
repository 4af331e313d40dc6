import DNSProtocol
import DomainNames
import Logging
import NameService
import Operations
import Settings
import Synchronization
import Text
import Time

/// Keeps another name server's zone up to date: at the start, and each time that names change. What
/// fails is repeated, less and less often.
final class NameUpdater: Sendable {
    private static let firstPause = 1.0
    private static let longestPause = 300.0

    private struct State {
        var settings: NameUpdateSettings?
        var zone: DNSZone?
        /// The names that the server has from us, with their records.
        var published: [DNSName: [DNSRecord]] = [:]
        var status: NameServiceStatus.Updates?
    }

    private let state = Mutex(State())
    private let changes: AsyncStream<Void>
    private let changed: AsyncStream<Void>.Continuation
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// `nil` if no server is to be updated.
    var status: NameServiceStatus.Updates? { state.withLock { $0.status } }

    /// What the server is to have from now on. Does not block.
    func set(_ settings: NameUpdateSettings?, _ zone: DNSZone?) {
        let hasChanged = state.withLock { state in
            let isOther = state.settings != settings
            if isOther {
                state.settings = settings
                state.published = [:]
                state.status = settings.map { .init(server: "\($0.server)") }
            }
            defer { state.zone = zone }
            return settings != nil && (isOther || state.zone?.contents != zone?.contents)
        }
        if hasChanged { changed.yield() }
    }

    /// Follows all changes, until the task is cancelled.
    func run() async {
        for await _ in changes {
            var pause = Self.firstPause
            while !Task.isCancelled {
                do throws(UpdateFailure) {
                    try await update()
                    break
                } catch {
                    report(error)
                }
                // `try?`: it throws if the task is cancelled.
                try? await Task.sleep(for: .seconds(pause * .random(in: 0.8...1.2)))
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }

    /// Sends what the server does not have yet; all of it, if `isWhole`.
    ///
    /// - Returns: how many names were sent.
    @discardableResult
    func update(isWhole: Bool = false) async throws(UpdateFailure) -> Int {
        let (settings, zone, published) = state.withLock { ($0.settings, $0.zone, $0.published) }
        guard let settings, let zone else { return 0 }
        let wanted = zone.publishedRecords
        let update = DNSUpdate(
            wanted,
            after: isWhole ? [:] : published,
            gone: published.keys.filter { wanted[$0] == nil },
            zone: DNSName(settings.zone ?? zone.contents.origin)
        )
        do {
            try await BlockingWork.run {
                let key = try TSIGKeyFile(path: settings.keyFile).read()
                try UpdateExchange(server: settings.server, key: key).send(update)
            }
        } catch let error as TSIGKeyFileError {
            throw .key(error)
        } catch let error as UpdateFailure {
            throw error
        } catch {
            throw .malformed
        }
        finish(wanted, of: settings, count: update.names.count)
        return update.names.count
    }

    private func finish(
        _ wanted: [DNSName: [DNSRecord]],
        of settings: NameUpdateSettings,
        count: Int
    ) {
        state.withLock { state in
            guard state.settings == settings else { return }
            state.published = wanted
            state.status?.succeeded += 1
            state.status?.lastSuccessAt = .systemTime
            state.status?.failure = nil
            state.status?.failingSince = nil
        }
        if count > 0 {
            logger.notice("name server \(settings.server) updated: \(count.of("name"))")
        }
    }

    private func report(_ failure: UpdateFailure) {
        let (server, isNew) = state.withLock { state in
            defer { state.status?.failure = failure.description }
            state.status?.failed += 1
            if state.status?.failingSince == nil { state.status?.failingSince = .systemTime }
            return (state.settings?.server, state.status?.failure != failure.description)
        }
        guard let server, isNew else { return }
        logger.error("cannot update the name server \(server) (trying again): \(failure)")
    }
}

extension DNSUpdate {
    /// - Parameters:
    ///   - published: what the server has already.
    ///   - gone: names that it is to have no longer.
    fileprivate init(
        _ wanted: [DNSName: [DNSRecord]],
        after published: [DNSName: [DNSRecord]],
        gone: [DNSName],
        zone: DNSName
    ) {
        let changed = wanted.filter { published[$0.key] != $0.value }
        let names = changed.keys.sorted { "\($0)" < "\($1)" }
        self.init(
            zone: zone,
            names: gone + names,
            types: [.a, .aaaa, .cname, .txt],
            records: names.flatMap { changed[$0] ?? [] }
        )
    }
}

extension DNSZone {
    /// What another server is to have: all but the apex, which is that server's own.
    fileprivate var publishedRecords: [DNSName: [DNSRecord]] {
        Dictionary(grouping: records.filter { $0.name != origin }, by: \.name)
    }
}
