import Addresses
import DNSProtocol
import DomainNames
import Engine
import Logging
import NameService
import Operations
import Policy
import Settings
import Sockets
import Synchronization
import Time

/// The names in the gateway's domain while it runs: the zone as configuration and policy make it, the
/// server that answers from it, and the updates of another server.
///
/// What changes the policy calls ``apply(_:_:)``; the zone gets another serial only if its records have
/// changed.
final class GatewayNames: Sendable {
    fileprivate struct State {
        var settings: NameServiceSettings?
        var zone: DNSZone?
        /// Those of ACME and the like, which no configuration has.
        var texts: [DNSName: [String]] = [:]
        var server: NameServer?
        var isListening = false
        var listenFailure: String?
    }

    let updater: NameUpdater
    private let state = Mutex(State())
    /// Clients over TCP for which the process has descriptors.
    private let clientLimit: Int
    private let logger: Logger

    init(clientLimit: Int, logger: Logger) {
        self.clientLimit = clientLimit
        self.logger = logger
        updater = NameUpdater(logger: logger)
    }

    /// The zone as it is answered; `nil` without `dns`.
    var zone: DNSZone? { state.withLock { $0.zone } }

    /// Follows a topology and a policy that have become active. Does not block.
    func apply(_ topology: Topology, _ policy: Policy) {
        state.withLock { state in
            state.settings = topology.names
            state.settings?.limitConnections(to: clientLimit)
            let contents = ZoneContents(topology, policy)
            update(&state, contents)
            if state.isListening { listen(&state) }
        }
    }

    /// Begins to answer.
    ///
    /// - Throws: if an address is not available.
    func listen() throws(NameServer.ListenError) {
        try state.withLock { state throws(NameServer.ListenError) in
            try openServer(&state)
            state.isListening = true
        }
    }

    /// Stops answering: the addresses are free for a successor.
    func stopListening() {
        state.withLock { state in
            state.isListening = false
            state.server?.stop()
            state.server = nil
        }
    }

    /// Adds texts to a name in the zone, in place of those that it had, or removes them: what ACME's
    /// DNS-01 challenge (RFC 8555 §8.4) looks for at `_acme-challenge.…`.
    ///
    /// - Returns: whether the name is in the zone.
    @discardableResult
    func setTexts(_ texts: [String], at name: DNSName) -> Bool {
        state.withLock { state in
            guard let zone = state.zone, name.isWithin(zone.origin) else { return false }
            state.texts[name] = texts.isEmpty ? nil : texts
            update(&state, zone.contents)
            return true
        }
    }
}

extension GatewayNames {
    private func update(_ state: inout State, _ contents: ZoneContents?) {
        guard var contents else {
            state.zone = nil
            updater.set(nil, nil)
            return
        }
        contents.texts = state.texts
        if contents != state.zone?.contents {
            let now = UnixTime.systemTime.seconds
            let serial = ZoneContents.serial(after: state.zone?.serial, now: now)
            state.zone = DNSZone(contents, serial: serial)
        }
        if let responder = state.responder, let settings = state.settings {
            state.server?.update(responder, limits: settings.limits)
        }
        updater.set(state.settings?.update, state.zone)
    }

    /// At a reload: what cannot be opened is reported, and the rest stays.
    private func listen(_ state: inout State) {
        do throws(NameServer.ListenError) {
            try openServer(&state)
            state.listenFailure = nil
        } catch {
            state.listenFailure = error.description
            logger.error("\(error); the name server's addresses stay as they were")
        }
    }

    private func openServer(_ state: inout State) throws(NameServer.ListenError) {
        guard let settings = state.settings, let responder = state.responder,
            !settings.listen.isEmpty
        else {
            state.server?.stop()
            state.server = nil
            return
        }
        let server =
            if let own = state.server { own } else {
                try NameServer(responder, limits: settings.limits)
            }
        try server.listen(on: settings.listen)
        state.server = server
    }
}

extension NameServiceSettings {
    fileprivate mutating func limitConnections(to limit: Int) {
        limits.connections = min(limits.connections, limit)
    }
}

extension GatewayNames.State {
    fileprivate var responder: DNSResponder? {
        zone.map {
            DNSResponder($0, clientSubnetSources: settings?.clientSubnetSources ?? [])
        }
    }
}

// MARK: - Status

extension GatewayNames {
    /// `nil` without `dns`.
    var status: NameServiceStatus? {
        let updates = updater.status
        return state.withLock { state -> NameServiceStatus? in
            guard let zone = state.zone else { return nil }
            var status = NameServiceStatus(
                domain: zone.contents.origin.text,
                serial: zone.serial,
                nameCount: zone.nameCount
            )
            status.listening = state.server?.addresses.map(\.description) ?? []
            status.listenFailure = state.listenFailure
            let counters = state.server?.counters ?? NameServiceCounters()
            status.answered = counters.total
            status.limited = counters.limited + counters.slipped
            status.updates = updates
            return status
        }
    }

    var counters: NameServiceCounters? { state.withLock { $0.server?.counters } }
}
