package import Traffic

/// A backend of a service, and its part of the service's connections.
package struct ConfiguredBackend: Hashable, Sendable {
    /// The greatest weight.
    package static let weightLimit = 256

    package var address: BackendAddress
    /// Its share, in relation to the others' weights: from 1 to ``weightLimit``.
    package var weight: Int
    /// Whether it is used only while none of the others can be.
    package var isBackup: Bool
    /// What an operator has not changed while the gateway runs.
    package var mode: BackendMode

    package init(
        _ address: BackendAddress,
        weight: Int = 1,
        isBackup: Bool = false,
        mode: BackendMode = .active
    ) {
        self.address = address
        self.weight = weight
        self.isBackup = isBackup
        self.mode = mode
    }
}

/// Whether a backend gets connections. Existing ones continue in every mode.
package enum BackendMode: String, Hashable, Sendable, CaseIterable, Codable {
    case active
    /// It gets no new ones. It is checked, and its health is known when it becomes active again.
    case drain
    /// No new connections, and no health checks either: for maintenance.
    case maintenance
}

/// What an operator can choose for a backend while the gateway runs.
package enum BackendModeChoice: String, Hashable, Sendable, CaseIterable {
    case active, drain, maintenance
    /// The mode in the configuration.
    case configured

    /// `nil` for the configuration's.
    package var mode: BackendMode? { BackendMode(rawValue: rawValue) }
}
