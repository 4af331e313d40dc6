import Addresses
import Settings
import Sockets

/// Which congestion control each of the gateway's sockets takes, decided once.
struct CongestionPolicy: Equatable, Sendable {
    /// For every socket; `nil` for what the system gives.
    private let everywhere: String?
    /// For sockets over the loopback interface.
    private let overLoopback: String?

    /// For loopback in place of one that paces; the first that the kernel has. It always has Reno.
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

    /// What a socket takes that listens on `address` or connects to it; `nil` where it keeps what
    /// it has.
    func name(for address: IPAddress) -> String? {
        address.isLoopback ? overLoopback : everywhere
    }

    /// BBR and its successors space their segments in time
    /// (draft-ietf-ccwg-bbr, §5.6.2).
    private static func paces(_ name: String) -> Bool { name.hasPrefix("bbr") }
}

extension CongestionPolicy {
    /// Asks the kernel.
    init(_ setting: CongestionControl) throws(GatewayError) {
        let probe: Socket
        let system: String
        do {
            probe = try Socket.tcp(isIPv6: false)
            system = try probe.congestionControl()
        } catch {
            throw .systemResources(operation: "preparing sockets", reason: error.description)
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
