import Addresses
import CIDRTrie
import Configurations
import Foundation
import Operations
import Policy
import Settings
import Testing

@testable import Engine

/// Lookups on every shard while a long list is reloaded over and over.
///
/// The long form, as docs/performance.md quotes it:
///
///     SLUICE_RELOAD_RULES=1000000 SLUICE_RELOAD_SECONDS=60 \
///         swift test -c release -Xswiftc -enable-testing --filter ReloadUnderLookups
@Suite("Lists that are reloaded under lookups", .timeLimit(.minutes(10)))
struct ReloadUnderLookupsTests {
    private static func setting(_ name: String, default standard: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? standard
    }

    private let ruleCount = setting("SLUICE_RELOAD_RULES", default: 20_000)
    private let duration = Duration.seconds(setting("SLUICE_RELOAD_SECONDS", default: 2))

    @Test("No lookup sees a mixture of two lists, none waits for a reload, and old lists are freed")
    func lookups() async throws {
        let fixture = try GatewayFixture(shardCount: 2)
        let lists = try (0..<2).map { try Self.configuration(fixture, $0, ruleCount: ruleCount) }
        let observer = LookupObserver(ruleCount: ruleCount)
        for list in lists { try fixture.gateway.reload(to: list) }
        let (memory, firstGeneration) = (Self.residentBytes(), fixture.gateway.status().generation)

        let isDone = Locked(false)
        let lookups = Thread {
            while !isDone.withLock({ $0 }) {
                _ = fixture.gateway.sendToShards { _ in .perform(observer.errand(at: .now)) }
                Thread.sleep(forTimeInterval: 0.01)
            }
        }
        lookups.start()
        let start = ContinuousClock.now
        var reloads = 0
        // A busy machine may take a while to run the other task at all.
        while ContinuousClock.now - start < duration || reloads < 3 || observer.isUnused {
            try fixture.gateway.reload(to: lists[reloads % 2])
            reloads += 1
        }
        isDone.withLock { $0 = true }
        _ = await fixture.gateway.sessions(matching: SessionFilter(), limit: 0)

        let seen = observer.findings
        #expect(seen.mixtures == 0)
        #expect(seen.lookups > 0)
        #expect(fixture.gateway.status().generation == firstGeneration + reloads)
        try await eventually { observer.liveSnapshotCount <= 1 }
        print(
            """
            \(ruleCount) rules: \(reloads) reloads and \(seen.lookups) lookups in \
            \(ContinuousClock.now - start); an errand of 100 lookups waited \
            \(seen.longestWait) at most, half of them \(seen.medianWait); resident memory \
            \(memory >> 20) MiB before, \(Self.residentBytes() >> 20) MiB after
            """
        )
        _ = await fixture.gateway.drain(within: .zero)
    }
    /// Allows every other address, of 0 the even ones and of 1 the odd ones.
    private static func configuration(_ fixture: GatewayFixture, _ parity: Int, ruleCount: Int)
        throws -> GatewayConfiguration
    {
        let rules = (0..<ruleCount).map { number in
            Rule(
                block: CIDRBlock(containing: ScatteredHosts.address(number), prefixLength: 32),
                action: (number + parity).isMultiple(of: 2) ? .allow : .deny
            )
        }
        var configuration = fixture.configuration
        configuration.policy.warehouses["W"]?.whitelist = Whitelist(mode: .specific, rules: rules)
        return configuration
    }

    private static func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .ascii)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * 4_096
    }
}

private enum ScatteredHosts {
    /// Addresses far from each other, none twice: the multiplier is odd (Knuth, TAOCP 3, §6.4).
    static func address(_ number: Int) -> IPAddress {
        .v4(IPv4Address(bits: UInt32(truncatingIfNeeded: number) &* 2_654_435_761))
    }
}

/// Looks up on the shards, and remembers what it saw there.
private final class LookupObserver: Sendable {
    struct Findings {
        var lookups = 0
        var mixtures = 0
        var waits: [Duration] = []

        var longestWait: Duration { waits.max() ?? .zero }
        var medianWait: Duration { waits.isEmpty ? .zero : waits.sorted()[waits.count / 2] }
    }

    private struct Weak {
        weak var snapshot: Snapshot?
    }

    private let ruleCount: Int
    private let state = Locked(Findings())
    private let snapshots = Locked<[ObjectIdentifier: Weak]>([:])

    init(ruleCount: Int) {
        self.ruleCount = ruleCount
    }

    /// Whether no lookup has come to a shard yet.
    var isUnused: Bool { findings.lookups == 0 }

    var findings: Findings { state.withLock { $0 } }

    /// Snapshots that were seen and are not freed yet.
    var liveSnapshotCount: Int {
        snapshots.withLock { $0.values.count { $0.snapshot != nil } }
    }

    /// A hundred lookups in the list that a shard has in force.
    func errand(at posted: ContinuousClock.Instant) -> @Sendable (Shard) -> Void {
        { [self] shard in
            let wait = ContinuousClock.now - posted
            let parities = Set((0..<100).map { _ in parity(in: shard) })
            snapshots.withLock { snapshots in
                snapshots[ObjectIdentifier(shard.snapshot)] = Weak(snapshot: shard.snapshot)
            }
            state.withLock { findings in
                findings.lookups += 100
                findings.mixtures += parities.count == 1 ? 0 : 1
                findings.waits.append(wait)
            }
        }
    }

    /// Which of the two lists one address' verdict belongs to.
    private func parity(in shard: Shard) -> Int {
        let number = Int.random(in: 0..<ruleCount)
        let isAllowed = shard.snapshot.listeners.values.first?.all[0].policy
            .verdict(client: ScatteredHosts.address(number), endpoint: nil, at: shard.now.unixTime)
            .isAllowed
        return (number + (isAllowed == true ? 0 : 1)) % 2
    }
}
