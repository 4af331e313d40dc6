import HTTPTypes
import Store
import Text

extension RequestError {
    /// The answer to a change that the store refuses.
    init(_ refusal: StoreRefusal) {
        if case .invalid(let field, let reason) = refusal {
            self = .invalid(field, reason)
            return
        }
        let (status, code): (HTTPResponse.Status, String) =
            switch refusal {
            case .unknownWarehouse: (.notFound, "WarehouseNotFound")
            case .unknownGroup: (.notFound, "GroupNotFound")
            case .unknownEntry: (.notFound, "EntryNotFound")
            case .unknownEndpoint: (.notFound, "EndpointNotFound")
            case .unknownEndpointService: (.notFound, "EndpointServiceNotFound")
            case .unknownKey: (.notFound, "KeyNotFound")
            case .unknownAccount: (.notFound, "AccountNotFound")
            case .unknownSession: (.notFound, "LoginNotFound")
            case .unknownWebhook: (.notFound, "WebhookNotFound")
            case .disabledAccount: (.forbidden, "Forbidden")
            case .notLocal: (.conflict, "OperationConflict")
            case .duplicateEntry: (.conflict, "DuplicateEntry")
            case .exists: (.conflict, "AlreadyExists")
            case .conflict: (.conflict, "OperationConflict")
            case .stale: (.conflict, "VersionConflict")
            case .invalid: (.badRequest, "InvalidParameter")
            case .tooMany: (.conflict, "LimitExceeded")
            }
        self.init(status, code, "\(refusal)".asSentence)
    }

    /// The answer to a write that cannot be made, or to a request for what only a store has.
    init(_ refusal: WriteRefusal, isRead: Bool = false) {
        switch refusal {
        case .notStored(let origin):
            self.init(.conflict, "PolicyIsFile", origin.refusal(ofRead: isRead))
        case .storeUnavailable(let error):
            self.init(
                .serviceUnavailable,
                "StoreUnavailable",
                isRead ? "\(error)".asSentence : "Nothing was changed: \(error)."
            )
        case .unmarked(let error):
            self.init(
                .serviceUnavailable,
                "StoreUnavailable",
                "The change is stored and active, but the store \(error)."
            )
        case .notEnforced(let rejection):
            self.init(
                .serviceUnavailable,
                "NotEnforced",
                "The change is stored, but not active yet: \(rejection)."
            )
        }
    }
}

extension PolicyOrigin {
    /// Why nothing can be changed over the API, and where it can.
    fileprivate func refusal(ofRead isRead: Bool) -> String {
        switch self {
        case .file(let path) where isRead:
            "This gateway's policy comes from the configuration file \(path), without a store; keys,"
                + " the audit, backups and policy documents need one (state: sluice.db)."
        case .file(let path):
            "This gateway's policy comes from the configuration file \(path): edit the warehouse's"
                + " whitelist, endpoints or endpointServices there, and run sluice reload. Keys,"
                + " groups and changes by commands need a store (state: sluice.db)."
        case .program:
            "This gateway's policy is fixed by the program that started it and cannot be changed."
        }
    }
}

extension String {
    /// With a capital and a full stop.
    var asSentence: String {
        guard let first else { return self }
        return first.uppercased() + dropFirst() + (hasSuffix(".") ? "" : ".")
    }
}
