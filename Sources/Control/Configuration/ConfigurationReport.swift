import FoundationEssentials
package import Operations
import Policy
package import Settings
import Text
import Traffic

/// The result of checking a configuration, for people and for programs.
package struct ConfigurationReport: Encodable, Sendable {
    /// The configuration file.
    package let file: String
    /// Whether the configuration can be applied.
    package let valid: Bool
    /// What keeps it from that.
    package let faults: [Finding]
    /// What its author may not have meant.
    package let warnings: [Finding]
    /// What it would serve; only of a valid one.
    package let serves: Summary?
    /// The store that has the policy, instead of the file: its path.
    package let store: String?
    /// The effect on the running gateway's sessions, if requested.
    package var live: Live?

    private let lines: [String]

    private enum CodingKeys: CodingKey { case file, valid, faults, warnings, serves, store, live }

    /// Summarizes the result for a file.
    package init(_ loaded: LoadedConfiguration) {
        file = loaded.file
        valid = loaded.configuration != nil
        faults = loaded.faults.map { Finding($0, in: loaded.file) }
        warnings = loaded.warnings.map { Finding($0, in: loaded.file) }
        serves = loaded.configuration.map(Summary.init)
        store = loaded.configuration.flatMap { OfflineStore($0.topology)?.path }
        lines = loaded.lines
    }

    /// A line for each finding, and one that sums up; without ``live``.
    package var text: String {
        let policy = store.map { ", policy in the store \($0)" } ?? ""
        let verdict =
            serves.map { "valid (\($0.text)\(policy))" } ?? "invalid: \(faults.count.of("error"))"
        return (lines + ["\(file): \(verdict)"]).joined(separator: "\n")
    }

    /// One JSON object, its keys in a fixed order.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension ConfigurationReport {
    /// What a configuration would do to the running gateway.
    package struct Live: Encodable, Sendable {
        package let revoked: [RevocationPreview.Revoked]
        package let keptCount: Int
        /// Changed keys that would wait for a restart.
        package let awaitingRestart: [String]
        /// Whose policy the sessions were judged by: the running gateway's, until it is restarted.
        package let policy: PolicyAuthority

        /// - Parameter awaitingRestart: the difference between the running gateway's
        ///   ``StartSettings`` and the configuration's.
        package init(
            _ preview: RevocationPreview,
            awaitingRestart: [String],
            policy: PolicyAuthority
        ) {
            self.init(
                revoked: preview.revoked,
                keptCount: preview.keptCount,
                awaitingRestart: awaitingRestart,
                policy: policy
            )
        }

        package init(
            revoked: [RevocationPreview.Revoked],
            keptCount: Int,
            awaitingRestart: [String],
            policy: PolicyAuthority
        ) {
            self.policy = policy
            self.revoked = revoked
            self.keptCount = keptCount
            self.awaitingRestart = awaitingRestart
        }
    }
}

extension ConfigurationReport {
    /// An error or a warning, with its place. Line and column are counted from 1.
    package struct Finding: Encodable, Sendable {
        let file: String
        let line: Int?
        let column: Int?
        let path: String
        let message: String
        let remedy: String?

        fileprivate init(_ finding: ConfigurationFinding, in configurationFile: String) {
            file = finding.file ?? configurationFile
            line = finding.position?.line
            column = finding.position?.column
            path = finding.path
            message = finding.message
            remedy = finding.remedy
        }
    }

    /// How much a configuration serves.
    package struct Summary: Encodable, Sendable {
        let listeners: Int
        let warehouses: Int
        /// `nil` if the policy is in a store, which counts instead of the file.
        let rules: Int?

        fileprivate init(_ configuration: GatewayConfiguration) {
            warehouses = configuration.topology.warehouses.count
            listeners = configuration.topology.listeners.count
            let counts = configuration.policy.warehouses.values.map(\.whitelist.entryCount)
            rules = configuration.topology.policyAuthority == .store ? nil : counts.reduce(0, +)
        }

        var text: String {
            "\(listeners.of("listener")), \(warehouses.of("warehouse"))"
                + (rules.map { ", \($0.of("whitelist rule"))" } ?? "")
        }
    }
}
