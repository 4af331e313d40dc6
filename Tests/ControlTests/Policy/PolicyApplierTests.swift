import Addresses
import CIDRTrie
import Policy
import Settings
import Synchronization
import Testing
import Time

@testable import Control
@testable import Engine
@testable import Operations

@Suite("Applying updates of the policy")
struct PolicyApplierTests {
    private static let policy = Policy(["A": WarehousePolicy()])

    private func applier(_ gateway: FakeGateway) -> PolicyApplier {
        let status = PolicyStatus(
            source: "a test",
            revision: PolicyRevision(1),
            since: UnixTime(seconds: 0),
            isRestored: true
        )
        return PolicyApplier(Self.policy, status: status, target: gateway)
    }

    private func mode(_ mode: Whitelist.Mode, of id: String = "A") -> PolicyUpdate.Content {
        .changes([.setMode(mode, of: id)])
    }

    @Test("An update is active once it has been applied, under the next revision")
    func applied() async throws {
        let gateway = FakeGateway()
        let applier = applier(gateway)
        let revision = try await applier.apply(PolicyUpdate(mode(.nowhere)))
        #expect(revision == PolicyRevision(2))
        #expect(applier.status.revision == revision)
        #expect(!applier.status.isRestored)
        #expect(applier.policy["A"].whitelist.mode == .nowhere)
        #expect(gateway.enforced.withLock { $0.last } == applier.policy)
    }

    @Test("Waiting for an update means waiting for every shard")
    func waiting() async throws {
        let gateway = FakeGateway(obeysAtOnce: false)
        let applier = applier(gateway)
        let isDone = Mutex(false)
        async let revision: PolicyRevision = {
            let revision = try await applier.apply(PolicyUpdate(mode(.nowhere)))
            isDone.withLock { $0 = true }
            return revision
        }()
        while gateway.adoptions.withLock({ $0.isEmpty }) { await Task.yield() }
        #expect(!isDone.withLock { $0 })
        gateway.obey()
        #expect(try await revision == PolicyRevision(2))
    }

    @Test("An invalid update changes nothing, reports why, and does not hold up others")
    func refused() async throws {
        let gateway = FakeGateway()
        let applier = applier(gateway)
        let rejection = PolicyRejection.invalidChange(.noSuchWarehouse("B"))
        await #expect(throws: rejection) {
            try await applier.apply(PolicyUpdate(mode(.nowhere, of: "B")))
        }
        #expect(applier.policy == Self.policy)
        #expect(applier.status.rejection?.reason == rejection.description)
        #expect(gateway.enforced.withLock { $0.isEmpty })
        _ = try await applier.apply(PolicyUpdate(mode(.anywhere)))
        #expect(applier.status.rejection == nil)
    }

    @Test("A revision that is not above the active one is rejected")
    func outdated() async throws {
        let applier = applier(FakeGateway())
        let fifth = PolicyUpdate(mode(.nowhere), revision: PolicyRevision(5))
        #expect(try await applier.apply(fifth) == PolicyRevision(5))
        let rejection = PolicyRejection.outdated(PolicyRevision(5), active: PolicyRevision(5))
        await #expect(throws: rejection) { try await applier.apply(fifth) }
    }

    @Test("Many concurrent updates are all made, and published in fewer steps")
    func coalesced() async throws {
        let gateway = FakeGateway()
        let applier = applier(gateway)
        try await withThrowingTaskGroup(of: PolicyRevision.self) { group in
            for number in 0..<500 {
                group.addTask {
                    let block = CIDRBlock(.v4(IPv4Address(bits: UInt32(number) << 8)))
                    let entry = WhitelistEntry(Rule(block: block))
                    return try await applier.apply(
                        PolicyUpdate(.changes([.edit([.add(entry)], in: .entries, of: "A")]))
                    )
                }
            }
            var revisions: Set<PolicyRevision> = []
            for try await revision in group { revisions.insert(revision) }
            #expect(revisions.count == 500)
        }
        #expect(applier.policy["A"].whitelist.entryCount == 500)
        #expect(applier.status.revision == PolicyRevision(501))
        #expect(gateway.enforced.withLock { $0.count } <= 500)
        #expect(gateway.enforced.withLock { $0.last } == applier.policy)
    }

    @Test("A topology is applied together with its policy, or not at all")
    func topology() async throws {
        let gateway = FakeGateway()
        let applier = applier(gateway)
        let new = GatewayConfiguration(
            Topology(warehouses: [Warehouse(id: "B")]),
            Policy(["B": WarehousePolicy()])
        )
        gateway.refusal.withLock { $0 = .cannotLog("no room") }
        await #expect(throws: PolicyRejection.cannotLog("no room")) {
            try await applier.apply(PolicyUpdate(.configuration(new)))
        }
        #expect(applier.policy == Self.policy)
        gateway.refusal.withLock { $0 = nil }
        _ = try await applier.apply(PolicyUpdate(.configuration(new)))
        #expect(applier.policy == new.policy)
        #expect(gateway.reloads.withLock { $0 } == [new])
    }

    @Test("A stopped applier rejects updates")
    func stopped() async throws {
        let applier = applier(FakeGateway())
        applier.stop()
        await #expect(throws: PolicyRejection.stopping) {
            try await applier.apply(PolicyUpdate(mode(.nowhere)))
        }
    }
}
