/// The clouds' own terms for an endpoint's state: views of one vocabulary.
extension Endpoint.State {
    /// As in AWS's API (`State` of a VPC endpoint).
    public var awsWord: String { rawValue }

    /// As in Azure's API (`privateLinkServiceConnectionState.status`).
    public var azureWord: String {
        switch self {
        case .pendingAcceptance: "Pending"
        case .pending, .available: "Approved"
        case .rejected: "Rejected"
        case .expired, .failed, .deleting, .deleted: "Disconnected"
        }
    }

    /// The term that `cloud` uses; clouds without a vocabulary of their own use AWS's.
    public func word(of cloud: Cloud) -> String {
        cloud == .azure ? azureWord : awsWord
    }

    /// The state that `cloud` calls `word`. AWS' API mixes camel case and capitals, so case does
    /// not count.
    public init?(word: String, of cloud: Cloud) {
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

    /// Why a connection through an endpoint in this state is denied; `nil` if it is admitted.
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
