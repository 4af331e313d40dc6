import Addresses
import CIDRTrie
import Operations
import Policy
import Settings
import Testing
import Time

@testable import Control

@Suite("What a reload has changed")
struct ReloadSummaryTests {
    private func state(
        _ generation: UInt64,
        _ warehouses: [(id: String, name: String, blocks: [String])]
    ) throws -> ReloadSummary.State {
        var topology = Topology(warehouses: [])
        var policy = Policy()
        for (id, name, blocks) in warehouses {
            var warehouse = Warehouse(id: id)
            warehouse.name = name
            topology.warehouses.append(warehouse)
            let rules = try blocks.map { Rule(block: try CIDRBlock(parsing: $0)) }
            policy.warehouses[id] = WarehousePolicy(
                whitelist: Whitelist(mode: .specific, lists: [EntryList(.entries, rules: rules)])
            )
        }
        return ReloadSummary.State(
            generation: generation,
            topology: topology,
            policy: policy,
            awaitingRestart: []
        )
    }

    @Test("It names what was added, removed and changed, in settings or entries")
    func warehouses() throws {
        let before = try state(4, [("A", "a", ["10.0.0.0/8"]), ("B", "b", []), ("C", "c", [])])
        let after = try state(
            5,
            [("A", "a", ["10.0.0.0/8", "192.0.2.0/24"]), ("B", "other", []), ("D", "d", [])]
        )
        let summary = ReloadSummary(from: before, to: after, warnings: ["w"])
        #expect(summary.generation == .init(before: 4, after: 5))
        #expect(summary.warehouses.added == ["D"] && summary.warehouses.removed == ["C"])
        #expect(summary.warehouses.changed == ["A", "B"])
        #expect(summary.entries == .init(before: 1, after: 2) && summary.warnings == ["w"])
        let none = ReloadSummary(from: before, to: before, warnings: [])
        #expect(none.warehouses.changed.isEmpty && none.listeners.added.isEmpty)
    }

    @Test("It names other settings that have changed, and a new certificate")
    func settings() throws {
        let certificate = CertificateStatus(
            fingerprint: "SHA256:AB",
            expiresAt: UnixTime(seconds: 1),
            isSelfSigned: false
        )
        var renewed = certificate
        renewed.expiresAt = UnixTime(seconds: 2)
        var topology = Topology(warehouses: [])
        func state(_ certificate: CertificateStatus) -> ReloadSummary.State {
            ReloadSummary.State(
                generation: 1,
                topology: topology,
                policy: Policy(),
                awaitingRestart: [],
                certificate: certificate
            )
        }
        let before = state(certificate)
        topology.management.accounts.secondFactor = .required
        topology.timeouts.idle = .seconds(1)
        let summary = ReloadSummary(from: before, to: state(renewed), warnings: [])
        #expect(summary.settings == ["management.accounts", "timeouts"])
        #expect(summary.certificate == renewed)
        let same = ReloadSummary(from: before, to: before, warnings: [])
        #expect(same.settings == [] && same.certificate == nil)
    }
}
