import Control
import Text

/// The context that a login belongs to.
struct LoginPlace: Hashable {
    /// Not among the stored ones if it is new.
    private(set) var context: GatewayContext
    let address: ManagementAddress
    /// By which certificates the gateway is recognized over TLS; `nil` if nothing names them.
    private(set) var trust: ManagementTrust?

    /// Without a choice, the environment decides, then the current context, then the standard
    /// address.
    ///
    /// - Parameters:
    ///   - name: a context's.
    ///   - management: an address; it gets a context if it has none.
    ///   - authorities: the absolute path of a file, in place of what the context trusts. A context
    ///     that names nothing keeps it.
    init(
        context name: String?,
        management: ManagementAddress?,
        authorities: String? = nil,
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
        guard address.usesTLS else { return }
        trust = try context.trust()
        if let authorities {
            if trust == nil { context.ca = authorities }
            trust = .authorities(file: authorities)
        } else if trust == nil {
            trust = variable(GatewayPlace.Variable.authorities).map { .authorities(file: $0) }
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
        let names = [address.host, address.authority]
        let free = names.first { name in !contexts.contexts.contains { $0.name == name } }
        if let known = contexts.context(at: address) {
            context = known
        } else if let free {
            context = GatewayContext(name: free, management: address.text)
        } else {
            throw CommandFailure(
                "contexts \(names[0]) and \(names[1]) are of other gateways or have keys (add one for"
                    + " the login: sluice context add NAME --management \(address.text))"
            )
        }
        self.address = address
    }

    /// Recognizes the gateway by this certificate from now on.
    mutating func pin(_ fingerprint: CertificateFingerprint) {
        trust = .pinned(fingerprint)
        (context.fingerprint, context.ca) = (fingerprint.description, nil)
    }

    /// The gateway, as whoever has signed in there.
    var target: ManagementTarget { target(token: context.login?.token) }

    /// Ends a login at the gateway.
    ///
    /// - Returns: why it could not be ended; `nil` also if it had ended already.
    func end(_ login: GatewayLogin) async -> ManagementClientError? {
        let client = ManagementClient(target(token: login.token))
        do throws(ManagementClientError) {
            let _: ManagementClient.Answer<JSONValue> = try await client.send(
                ManagementRequest(.post, "v1/logout")
            )
        } catch {
            return error.refusal?.needsLogin == true ? nil : error
        }
        return nil
    }

    /// - Parameter token: of a login; `nil` for nobody's.
    func target(token: String?) -> ManagementTarget {
        ManagementTarget(address, key: token).trusting(by: trust ?? .system)
    }
}
