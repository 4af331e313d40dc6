import MySQLProtocol

/// What a client and its backend speak, which have not agreed on it with each other: the client has
/// chosen from the gateway's offer, and the backend has offered something else.
struct MySQLAgreement: Hashable {
    /// The flags of the login that the backend is sent, without CLIENT_SSL.
    let capabilities: MySQLCapabilities
    /// What the client was offered and has chosen, or every login needs, and the backend lacks: the
    /// two would misread each other's packets.
    let missing: MySQLCapabilities

    /// Flags that change what the packets after the login contain, or how they are answered.
    private static let decisive: MySQLCapabilities = [
        .transactions, .multiStatements, .multiResults, .preparedMultiResults, .sessionTracking,
        .deprecateEOF, .optionalMetadata, .queryAttributes,
    ]
    private static let needed: MySQLCapabilities = [
        .protocol41, .secureConnection, .pluginAuthentication,
    ]

    /// - Parameter offered: what the gateway has greeted the client with. A flag that a client sets
    ///   without it (some always set the same ones) is not in use.
    init(client: MySQLCapabilities, offered: MySQLCapabilities, backend: MySQLCapabilities) {
        // A database that is named must be used.
        let chosen = client.intersection(offered).union(client.intersection(.connectWithDatabase))
        let indispensable = Self.needed.union(
            chosen.intersection(Self.decisive.union(.connectWithDatabase))
        )
        missing = indispensable.subtracting(backend)
        capabilities =
            chosen.intersection(backend)
            .subtracting(GreetingProfile.neverOffered)
            // Set means without MariaDB's extensions: the reserved bytes are zero.
            .union(Self.needed.union(.longPassword))
    }

    /// The client's answer to the gateway's scramble, as the backend may see it, which compares it to
    /// nothing but shows whether it is empty ("using password: YES"). Of plugins that could send a
    /// password in clear one byte is left.
    static func harmless(_ answer: [UInt8], of plugin: String?) -> [UInt8] {
        guard let plugin, !plugin.isEmpty, !answer.isEmpty else { return answer }
        return AuthenticationPlugin(named: plugin).answersByHash ? answer : [1]
    }
}
