import Foundation
import Testing

/// What a lookup is compiled to with optimization: the trie's sources and a few callers are
/// compiled into one file of assembly, which is read.
@Suite("A lookup's machine code")
struct LookupAssemblyTests {
    private static let lookups = [
        "probe_match4", "probe_match6", "probe_verdict4", "probe_verdict6", "probe_match",
        "probe_verdict",
    ]

    private static let assembly = Result { try Assembly(compiling: probe) }

    @Test("A lookup does not call the runtime: no allocation, no reference counting, no lock")
    func calls() throws {
        let assembly = try Self.assembly.get()
        for lookup in Self.lookups {
            let reached = try assembly.reached(from: lookup)
            #expect(reached.unknown.isEmpty, "\(lookup) reaches \(reached.unknown.sorted())")
            // A lookup is itself and at most what follows its first branches.
            #expect((1...3).contains(reached.known.count), "\(lookup): \(reached.known.sorted())")
        }
    }

    @Test("The assembly reader detects an allocation")
    func sensitivity() throws {
        let assembly = try Self.assembly.get()
        let reached = try assembly.reached(from: "probe_allocation")
        #expect(reached.unknown.contains { $0.contains("swift_") })
    }

    /// Callers that pass the trie by reference, as a shard does.
    private static let probe = """
        @_silgen_name("probe_match4")
        public func probeMatch4(_ trie: UnsafePointer<CompiledTrie>, _ bits: UInt32) -> Int {
            trie.pointee.match(for: IPv4Address(bits: bits)) ?? -1
        }

        @_silgen_name("probe_match6")
        public func probeMatch6(_ trie: UnsafePointer<CompiledTrie>, _ a: UInt64, _ b: UInt64) -> Int {
            trie.pointee.match(for: IPv6Address(high: a, low: b)) ?? -1
        }

        @_silgen_name("probe_verdict4")
        public func probeVerdict4(_ trie: UnsafePointer<CompiledTrie>, _ bits: UInt32) -> Bool {
            trie.pointee.verdict(for: IPv4Address(bits: bits)) == .allow
        }

        @_silgen_name("probe_verdict6")
        public func probeVerdict6(_ trie: UnsafePointer<CompiledTrie>, _ a: UInt64, _ b: UInt64) -> Bool {
            trie.pointee.verdict(for: IPv6Address(high: a, low: b)) == .allow
        }

        @_silgen_name("probe_match")
        public func probeMatch(_ trie: UnsafePointer<CompiledTrie>, _ address: UnsafePointer<UInt64>) -> Int {
            let address = IPAddress.v6(IPv6Address(high: address[0], low: address[1]))
            return trie.pointee.match(for: address) ?? -1
        }

        @_silgen_name("probe_verdict")
        public func probeVerdict(_ trie: UnsafePointer<CompiledTrie>, _ bits: UInt32) -> Bool {
            trie.pointee.verdict(for: IPAddress.v4(IPv4Address(bits: bits))) == .allow
        }

        @_silgen_name("probe_allocation")
        public func probeAllocation(_ trie: UnsafePointer<CompiledTrie>, _ index: Int) -> Rule {
            trie.pointee.rules[index]
        }
        """
}
