import Addresses
import Text

/// What the entries that contain a denied source mean for admitting it.
struct DeniedSourceEntries {
    private let denied: DeniedSource
    /// Of the whitelist that denied it, its groups and files included.
    private let entries: [EntryView]

    init(_ denied: DeniedSource, _ entries: [EntryView]) {
        self.denied = denied
        self.entries = entries
    }

    /// Why another entry would not help, and what would.
    var obstacle: String? {
        let denying = entries.filter {
            $0.action == "deny" && $0.isActive && denied.rule != nil && $0.block == denied.rule
        }
        if !denying.isEmpty {
            return denying.map(words).joined(separator: "; ")
        }
        // A list has one entry for a block.
        let own = entries.first { $0.list == "entries" && $0.block == denied.source }
        return own.map { "\(denied.source) has an entry already: \(words($0))" }
    }

    /// Wider entries that would admit it, if they did not have a state in which they decide nothing.
    var hints: [String] {
        entries.filter { $0.action == "allow" && !$0.isActive }
            .map { "note: \(words($0)), and has \(denied.source) too" }
    }

    /// `entry 12: allow 203.0.113.0/24 is disabled (sluice whitelist enable 12 -w A)`
    private func words(_ entry: EntryView) -> String {
        let place = entry.entryId == nil ? entry.list.map { " of \($0)" } ?? "" : ""
        return "\(entry.words)\(place) \(state(of: entry)) (\(remedy(for: entry)))"
    }

    private func state(of entry: EntryView) -> String {
        if entry.action == "deny" { return "denies \(denied.source)" }
        switch (entry.enabled == false, entry.expired == true) {
        case (true, true): return "is disabled and has expired"
        case (true, false): return "is disabled"
        case (false, true): return "has expired"
        case (false, false): return "admits it now"
        }
    }

    private func remedy(for entry: EntryView) -> String {
        if let file = entry.list?.trimmed(prefix: "file:") {
            return "edit \(file), then sluice reload"
        }
        let group = entry.list?.trimmed(prefix: "group:")
        let name = entry.entryId ?? entry.cidr
        let place =
            group.map { "--group \($0.shellQuoted)" } ?? "-w \(denied.warehouse.shellQuoted)"
        func command(_ words: String, _ option: String = "") -> String {
            "sluice whitelist \(words) \(name.shellQuoted)\(option) \(place)"
        }
        if entry.action == "deny" { return command("remove") }
        let commands =
            (entry.expired == true ? [command("change", " --no-expiry")] : [])
            + (entry.enabled == false ? [command("enable")] : [])
        return commands.isEmpty ? "nothing to do" : commands.joined(separator: "; ")
    }
}

extension EntryView {
    /// Whether it decides about clients.
    fileprivate var isActive: Bool { enabled != false && expired != true }
}

extension String {
    /// What follows a prefix; `nil` without it.
    fileprivate func trimmed(prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
