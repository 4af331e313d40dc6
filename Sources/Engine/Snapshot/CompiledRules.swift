import CIDRTrie
import Policy
import Settings

/// Each warehouse's whitelist in its compiled form. Made off the data path: a list of a million
/// entries takes a moment.
struct CompiledRules: Sendable {
    private var whitelists: [String: CompiledWhitelist] = [:]

    init() {}

    /// Compiles what `configuration` has.
    init(of configuration: GatewayConfiguration) throws(GatewayError) {
        for warehouse in configuration.warehouses where warehouse.whitelist.mode == .specific {
            do {
                whitelists[warehouse.id] = try CompiledWhitelist(warehouse.whitelist)
            } catch {
                throw .invalidRules(warehouse: warehouse.id, reason: "\(error)")
            }
        }
    }

    /// The rules of a warehouse; where there are none, nobody is admitted.
    subscript(warehouse: String) -> CompiledWhitelist {
        whitelists[warehouse] ?? .empty
    }
}
