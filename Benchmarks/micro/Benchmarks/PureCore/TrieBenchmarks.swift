import Addresses
import Benchmark
import CIDRTrie

func measureTrieBuilding() {
    for (count, words) in [(1_000, "1,000 rules"), (100_000, "100,000 rules")] {
        for family in IPFamily.allCases {
            let rules = { Sample.rules(family, count: count) }
            measureAlone("Trie of \(words), \(family): is compiled", with: rules()) {
                CompiledTrie(try RuleSet($0))
            }
        }
    }
    let image = { CompiledTrie(try RuleSet(Sample.rules(.v4, count: 100_000))).image() }
    measureAlone("Trie of 100,000 rules, IPv4: is loaded from its image", with: try image()) {
        try CompiledTrie(image: $0)
    }
}

func measureTrieLookups() {
    for (count, words) in [(1, "1 rule"), (1_000, "1,000 rules"), (100_000, "100,000 rules")] {
        for family in IPFamily.allCases {
            for place in LookupSample.Addresses.allCases {
                let name = "Trie of \(words), \(family): 1,000 lookups \(place.rawValue)"
                measureLookups(name, place) { Sample.rules(family, count: count) }
            }
        }
    }
}

/// Written out, because a black hole for each address would take as long as a lookup.
private func measureLookups(
    _ name: String,
    _ place: LookupSample.Addresses,
    in rules: @escaping () -> [Rule]
) {
    Benchmark(name, configuration: .allOfAThousand) { (benchmark: Benchmark, list: LookupSample) in
        var sum = 0
        for address in list.pass(benchmark.currentIteration) {
            sum &+= list.trie.match(for: address) ?? 0
        }
        blackHole(sum)
    } setup: {
        success(name) { try LookupSample(place, rules()) }
    }
}
