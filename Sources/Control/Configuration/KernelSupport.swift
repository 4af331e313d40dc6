import Engine
import FoundationEssentials
import Settings
import Text

/// What a configuration requires of the kernel, which only this machine knows.
///
/// A missing feature causes a warning, because a configuration may be checked on another machine
/// than it is for; the gateway itself refuses to start.
struct KernelSupport: Sendable {
    /// Why the kernel does not offer a congestion control; `nil` if it does, or if unknown.
    var refusal: @Sendable (CongestionControl) -> String?
    /// The congestion controls that it has.
    var available: @Sendable () -> [String]
    /// The largest receive buffer that it grants, in bytes; `nil` if unknown.
    var receiveBufferLimit: @Sendable () -> Int? = { nil }

    /// This machine's.
    static let current = KernelSupport(
        refusal: { $0.refusal() },
        available: { words(of: "ipv4/tcp_available_congestion_control") },
        receiveBufferLimit: { words(of: "core/rmem_max").first.flatMap { Int($0) } }
    )

    /// The words of a setting of the network; none if it cannot be read.
    private static func words(of setting: String) -> [String] {
        let file = LimitedFile(
            path: "/proc/sys/net/\(setting)",
            sizeLimit: 65_536,
            writing: .atomically
        )
        // `try?`: then nothing is known, and nothing follows from it.
        let bytes = try? file.bytes()
        return String(decoding: bytes ?? [], as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// - Parameter tree: what the configuration was read from, for the place of the warning.
    func warnings(of topology: Topology, in tree: ConfigurationNode)
        -> [ConfigurationFinding]
    {
        let engine = topology.engine
        let warnings = [
            warning(of: engine.congestionControl, in: tree),
            warning(ofBuffer: "clientBuffer", byteCount: engine.clientBufferByteCount, in: tree),
            warning(ofBuffer: "backendBuffer", byteCount: engine.backendBufferByteCount, in: tree),
        ].compactMap(\.self)
        return warnings.sorted { a, b in
            guard let a = a.position, let b = b.position else { return false }
            return a < b
        }
    }

    /// Of a size that somebody has chosen; the default one is as good a bound as the machine grants.
    private func warning(ofBuffer key: String, byteCount: Int, in tree: ConfigurationNode)
        -> ConfigurationFinding?
    {
        guard let place = tree.value(at: ["engine", key]), let limit = receiveBufferLimit(),
            byteCount > max(limit, EngineSettings().clientBufferByteCount)
        else { return nil }
        let granted = "\(limit)B"
        return ConfigurationFinding(
            .warning,
            at: place.position,
            path: "engine.\(key)",
            message:
                "this machine grants no more than \(granted) (net.core.rmem_max): buffers are not"
                + " bounded, and grow as net.ipv4.tcp_rmem allows",
            remedy: "set net.core.rmem_max=\(byteCount), or write \(granted)"
        )
    }

    private func warning(of control: CongestionControl, in tree: ConfigurationNode)
        -> ConfigurationFinding?
    {
        guard case .named(let name) = control, let reason = refusal(control) else { return nil }
        let known = available()
        let meant = Suggestion.closest(to: name, among: known).map { "did you mean \($0)?" }
        return ConfigurationFinding(
            .warning,
            at: tree.value(at: ["engine", "congestionControl"])?.position,
            path: "engine.congestionControl",
            message: "\(name.quoted) is not available on this machine: \(reason)",
            remedy: meant
                ?? "use one of \((["auto", "system"] + known).joined(separator: ", "))"
        )
    }
}

extension ConfigurationNode {
    /// The value at a path of keys.
    func value(at path: [String]) -> ConfigurationNode? {
        guard let key = path.first else { return self }
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value.value(at: Array(path.dropFirst()))
    }
}
