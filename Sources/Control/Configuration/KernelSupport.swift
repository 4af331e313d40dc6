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

    /// This machine's.
    static let current = KernelSupport(
        refusal: { $0.refusal() },
        available: {
            let path = "/proc/sys/net/ipv4/tcp_available_congestion_control"
            // `try?`: without the list the warning names nothing to choose from.
            let bytes = try? LimitedFile(path: path, sizeLimit: 65_536, writing: .atomically)
                .bytes()
            return String(decoding: bytes ?? [], as: UTF8.self)
                .split(whereSeparator: \.isWhitespace).map(String.init)
        }
    )

    /// - Parameter tree: what the configuration was read from, for the place of the warning.
    func warnings(of topology: Topology, in tree: ConfigurationNode)
        -> [ConfigurationFinding]
    {
        let control = topology.engine.congestionControl
        guard case .named(let name) = control, let reason = refusal(control) else { return [] }
        let known = available()
        let meant = Suggestion.closest(to: name, among: known).map { "did you mean \($0)?" }
        return [
            ConfigurationFinding(
                .warning,
                at: tree.value(at: ["engine", "congestionControl"])?.position,
                path: "engine.congestionControl",
                message: "\(name.quoted) is not available on this machine: \(reason)",
                remedy: meant
                    ?? "use one of \((["auto", "system"] + known).joined(separator: ", "))"
            )
        ]
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
