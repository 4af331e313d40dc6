import Control
import Text

/// The context that a login belongs to.
struct LoginPlace: Hashable {
    /// Not among the stored ones if it is new.
    var context: GatewayContext
    let address: ManagementAddress

    /// Without a choice, the environment decides, then the current context, then the standard
    /// address.
    ///
    /// - Parameters:
    ///   - name: a context's.
    ///   - management: an address; it gets a context if it has none.
    init(
        context name: String?,
        management: ManagementAddress?,
        environment: [String: String],
        among contexts: GatewayContexts
    ) throws(CommandFailure) {
        func variable(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        if let name {
            try self.init(contexts.context(name))
        } else if let management {
            try self.init(management, among: contexts)
        } else if let text = variable(GatewayPlace.Variable.management) {
            let address: ManagementAddress
            do throws(ManagementAddressError) {
                address = try ManagementAddress(parsing: text)
            } catch {
                throw CommandFailure(
                    "\(GatewayPlace.Variable.management): \(error)",
                    code: GatewayExit.usage
                )
            }
            try self.init(address, among: contexts)
        } else if let name = variable(GatewayPlace.Variable.context) {
            try self.init(contexts.context(name))
        } else if let current = contexts.currentContext {
            try self.init(current)
        } else {
            try self.init(.standard, among: contexts)
        }
    }

    private init(_ context: GatewayContext) throws(CommandFailure) {
        guard context.management != nil else {
            throw CommandFailure(
                "context \(context.name) uses a local socket, which needs no login"
            )
        }
        guard context.key == nil, context.keyFile == nil else {
            throw CommandFailure(
                "context \(context.name) has a key (for a login, add another context: sluice context"
                    + " add NAME --management HOST:PORT)"
            )
        }
        self.context = context
        address = try context.address()
    }

    /// The context of an address that has no key, otherwise a new one, named after the host.
    private init(
        _ address: ManagementAddress,
        among contexts: GatewayContexts
    ) throws(CommandFailure) {
        let known = contexts.contexts.first {
            $0.management == address.text && $0.key == nil && $0.keyFile == nil
        }
        let isTaken = contexts.contexts.contains { $0.name == address.host }
        context =
            known
            ?? GatewayContext(
                name: isTaken ? address.text : address.host,
                management: address.text
            )
        self.address = address
    }

    /// The gateway, as whoever has signed in there.
    var target: ManagementTarget { ManagementTarget(address, key: context.login?.token) }
}

extension ManagementAddress {
    /// Without the port, and without the brackets of an IPv6 address.
    fileprivate var host: String {
        let host = text.prefix(upTo: text.lastIndex(of: ":") ?? text.endIndex)
        return String(host.drop { $0 == "[" }.prefix { $0 != "]" })
    }
}
