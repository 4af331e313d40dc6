import Addresses
import Dispatch
import Testing
import Traffic

@testable import Engine

@Suite("Resolving the names of backends in the background")
struct NameResolverTests {
    private static let address = IPAddress.v4(IPv4Address(10, 0, 0, 1))

    private func location(of name: String, in names: NameResolver) -> ResolvedNames.Location {
        names.names[BackendAddress(host: .name(name), port: 1)]
    }

    @Test("A query that hangs does not hold up others, nor stopping the resolver")
    func hanging() async throws {
        let gate = DispatchSemaphore(value: 0)
        let names = NameResolver(
            lookUp: { name in
                if name.hasPrefix("hanging") { gate.wait() }
                return .addresses([Self.address])
            },
            report: { _ in }
        )
        let changes = Locked(0)
        names.start { changes.withLock { $0 += 1 } }
        let hanging = (0..<20).map { "hanging-\($0)" }
        names.watch(Set(hanging + ["quick"]))
        try await eventually { !location(of: "quick", in: names).addresses.isEmpty }
        try await eventually { changes.withLock { $0 } > 0 }
        #expect(hanging.allSatisfy { location(of: $0, in: names).addresses.isEmpty })

        for _ in hanging { gate.signal() }
        try await eventually {
            hanging.allSatisfy { !location(of: $0, in: names).addresses.isEmpty }
        }
        names.watch(["hanging-20"])
        names.stop()
        gate.signal()
    }

    @Test("Each change of a name is reported once")
    func events() async throws {
        let events = Locked<[GatewayEvent]>([])
        let names = NameResolver(
            lookUp: { _ in .failed(reason: "no such name") },
            report: { event in events.withLock { $0.append(event) } }
        )
        names.start {}
        names.watch(["a"])
        try await eventually { events.withLock { !$0.isEmpty } }
        let expected = GatewayEvent.backendUnresolved(name: "a", reason: "no such name", inUse: [])
        #expect(events.withLock { $0 } == [expected])
        names.stop()
    }
}
