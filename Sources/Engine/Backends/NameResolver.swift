import Addresses
import Core
import Sockets

/// Keeps the addresses of backends that are written by name, off the data path.
final class NameResolver: Sendable {
    /// What is known at one moment.
    struct Addresses: Sendable {
        fileprivate(set) var byName: [String: [IPAddress]] = [:]

        /// Where a backend is; empty for a name without an address.
        subscript(backend: BackendAddress) -> [SocketAddress] {
            switch backend.host {
            case .ip(let ip): [SocketAddress(ip, port: backend.port)]
            case .name(let name):
                (byName[name] ?? []).map { SocketAddress($0, port: backend.port) }
            }
        }
    }

    private static let interval = Duration.seconds(10)

    private let known = Locked(Addresses())
    private let timer = RepeatingTimer(label: "sluice.names", every: interval)
    private let report: @Sendable (GatewayEvent) -> Void

    init(report: @escaping @Sendable (GatewayEvent) -> Void) {
        self.report = report
    }

    var addresses: Addresses { known.withLock { $0 } }

    /// Resolves `names` once and keeps them up to date, beside those it knows. Blocks.
    func resolve(_ names: Set<String>) {
        for name in names.sorted() { _ = refresh(name) }
    }

    /// Forgets all other names; only once no configuration in force has them.
    func keepOnly(_ names: Set<String>) {
        known.withLock { known in
            known.byName = known.byName.filter { names.contains($0.key) }
        }
    }

    /// Resolves again and again; `changed` is called when some name has other addresses.
    func start(changed: @escaping @Sendable () -> Void) {
        timer.start(after: Self.interval) { [weak self] in
            if self?.refreshAll() == true { changed() }
        }
    }

    func stop() {
        timer.stop()
    }

    private func refreshAll() -> Bool {
        addresses.byName.keys.sorted().reduce(false) { refresh($1) || $0 }
    }

    /// - Returns: whether the addresses have changed. Those of a name that cannot be resolved now
    ///   stay what they were.
    private func refresh(_ name: String) -> Bool {
        do {
            let found = try Resolver.addresses(of: name).sorted { "\($0)" < "\($1)" }
            return known.withLock { known in
                defer { known.byName[name] = found }
                return known.byName[name] != found
            }
        } catch {
            report(.backendUnresolved(name: name, reason: error.description))
            known.withLock { _ = $0.byName[name, default: []] }
            return false
        }
    }
}

extension GatewayConfiguration {
    /// All names in the backends' addresses.
    var backendNames: Set<String> {
        Set(
            listeners.flatMap(\.backends).compactMap { backend in
                if case .name(let name) = backend.host { name } else { nil }
            }
        )
    }

    var listeners: [Listener] { warehouses.flatMap(\.listeners) }
}
