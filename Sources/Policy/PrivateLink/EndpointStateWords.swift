/// The clouds' own words for an endpoint's state: views of one vocabulary.
extension Endpoint.State {
    /// As AWS' API says it (`State` of a VPC endpoint).
    package var awsWord: String { rawValue }

    /// As Azure's API says it (`privateLinkServiceConnectionState.status`).
    package var azureWord: String {
        switch self {
        case .pendingAcceptance: "Pending"
        case .pending, .available: "Approved"
        case .rejected: "Rejected"
        case .expired, .failed, .deleting, .deleted: "Disconnected"
        }
    }

    /// As `cloud` says it; clouds without a vocabulary of their own use AWS'.
    package func word(of cloud: Cloud) -> String {
        cloud == .azure ? azureWord : awsWord
    }

    /// The state that `cloud` calls `word`. AWS' API mixes camel case and capitals, so case does
    /// not count.
    package init?(word: String, of cloud: Cloud) {
        let wanted = word.lowercased()
        // Azure's "Pending" waits for a person, which AWS's does not.
        if cloud == .azure, let state = Self.azureStates[wanted] {
            self = state
        } else if let state = Self.allCases.first(where: { $0.rawValue.lowercased() == wanted }) {
            self = state
        } else {
            return nil
        }
    }

    private static let azureStates: [String: Endpoint.State] = [
        "pending": .pendingAcceptance, "approved": .available, "rejected": .rejected,
        "disconnected": .deleted,
    ]

    /// Why a connection through an endpoint in this state is denied; `nil` where it may pass.
    var denial: DenialReason? {
        switch self {
        case .available: nil
        case .pendingAcceptance: .endpointPendingAcceptance
        case .pending: .endpointPending
        case .rejected: .endpointRejected
        case .expired: .endpointExpired
        case .failed: .endpointFailed
        case .deleting: .endpointDeleting
        case .deleted: .endpointDeleted
        }
    }
}
