import Text

/// The actions that the audit records: what its `action` filter may name.
package enum AuditActions {
    /// In alphabetical order. A test holds it against what the sources record.
    package static let all = [
        "account.change", "account.create", "account.login", "account.login.fail", "account.logout",
        "account.password.rehash", "account.password.set", "account.recoveryCode.use",
        "account.recoveryCodes.replace", "account.remove", "account.secondFactor.offer",
        "account.secondFactor.remove", "account.secondFactor.set",
        "configuration.reload",
        "endpoint.accept", "endpoint.apply", "endpoint.change", "endpoint.expire",
        "endpoint.register", "endpoint.reject", "endpoint.remove",
        "endpointService.apply", "endpointService.change", "endpointService.create",
        "endpointService.remove",
        "group.change", "group.create", "group.entries.add", "group.entries.import",
        "group.entries.replace", "group.entry.add", "group.entry.change", "group.entry.remove",
        "group.remove",
        "group.rename",
        "key.change", "key.create", "key.remove",
        "listener.enforce", "listener.shadow",
        "outboundEndpoint.apply", "outboundEndpoint.available", "outboundEndpoint.change",
        "outboundEndpoint.create", "outboundEndpoint.remove",
        "outboundService.apply", "outboundService.change", "outboundService.register",
        "outboundService.remove",
        "store.restore",
        "warehouse.import", "warehouse.password.set",
        "webhook.change", "webhook.create", "webhook.remove", "webhook.rotate", "webhook.test",
        "whitelist.entries.add", "whitelist.entries.import", "whitelist.entries.replace",
        "whitelist.entry.add", "whitelist.entry.change", "whitelist.entry.remove",
        "whitelist.groups",
        "whitelist.lease.create", "whitelist.lease.expire", "whitelist.lease.extend",
        "whitelist.lease.release", "whitelist.mode",
    ]

    /// What the names start with, such as `whitelist`.
    package static var families: [String] {
        all.map { String($0.prefix { $0 != "." }) }
            .reduce(into: []) { families, family in
                if families.last != family { families.append(family) }
            }
    }

    /// Whether a filter can match anything: it is an action, or what one starts with.
    package static func isKnown(_ filter: String) -> Bool {
        all.contains { $0.hasPrefix(filter) }
    }

    /// What a filter that is not known may have meant, for a message.
    package static func advice(for filter: String) -> String {
        if let meant = Suggestion.closest(to: filter, among: all + families) {
            return "did you mean \(meant)?"
        }
        let family = filter.prefix { $0 != "." } + "."
        let close = all.filter { $0.hasPrefix(family) }
        return "expected an action, or what it starts with: "
            + (close.isEmpty ? families : close).joined(separator: ", ")
    }
}
