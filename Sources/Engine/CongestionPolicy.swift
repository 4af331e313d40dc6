import Addresses
import Settings
import Sockets

/// The congestion control of each of the gateway's sockets, decided once.
struct CongestionPolicy: Equatable, Sendable {
    /// For every socket; `nil` for what the system gives.
    private let everywhere: String?
    /// For sockets over the loopback interface.
    private let overLoopback: String?

    /// For loopback instead of one that paces; the first that the kernel offers. It always offers
    /// Reno.
    private static let unpaced = ["cubic", "reno"]

    /// - Parameters:
    ///   - system: what the system gives.
    ///   - isAvailable: whether this process may use the one of that name.
    init(_ setting: CongestionControl, system: String, isAvailable: (String) -> Bool) {
        switch setting {
        case .automatic:
            everywhere = nil
            overLoopback = Self.paces(system) ? Self.unpaced.first(where: isAvailable) : nil
        case .system:
            everywhere = nil
            overLoopback = nil
        case .named(let name):
            everywhere = name
            overLoopback = name
        }
    }

    /// The congestion control for a socket that listens on `address` or connects to it; `nil` to
    /// keep the default.
    func name(for address: IPAddress) -> String? {
        address.isLoopback ? overLoopback : everywhere
    }

    /// BBR and its successors space their segments in time
    /// (draft-ietf-ccwg-bbr, §5.6.2).
    private static func paces(_ name: String) -> Bool { name.hasPrefix("bbr") }
}

extension CongestionPolicy {
    /// Reads the kernel's settings.
    init(_ setting: CongestionControl) throws(GatewayError) {
        let probe: Socket
        let system: String
        do {
            probe = try Socket.tcp(isIPv6: false)
            system = try probe.congestionControl()
        } catch {
            throw .systemResources(operation: "prepare sockets", reason: error.description)
        }
        defer { probe.close() }
        if case .named(let name) = setting { try Self.check(name, with: probe) }
        self.init(setting, system: system) { (try? probe.setCongestionControl($0)) != nil }
    }

    private static func check(_ name: String, with probe: Socket) throws(GatewayError) {
        do {
            try probe.setCongestionControl(name)
        } catch {
            throw .noCongestionControl(name: name, reason: error.description)
        }
    }
}

extension CongestionControl {
    /// Why this process cannot use it on this machine now, in the system's words; `nil` if it can, or
    /// if that cannot be known. A kernel may load a module for it.
    package func refusal() -> String? {
        guard case .named = self else { return nil }
        do {
            _ = try CongestionPolicy(self)
            return nil
        } catch .noCongestionControl(_, let reason) {
            return reason
        } catch {
            return nil
        }
    }
}
