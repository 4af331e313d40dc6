import Addresses
import Benchmark
import CIDRTrie
import Policy

func measureAccess() {
    measureVerdict("anybody is admitted", nil) { .anybody(.anywhere(except: nil)) }
    measureWhitelists()
    measureRules()
    measureVerdict("one of 100 endpoints is admitted", nil) { .endpoints(count: 100) }
}

private func measureWhitelists() {
    for family in IPFamily.allCases {
        measureVerdict("one of 1,000 rules admits, \(family)", nil) {
            try .whitelist(Sample.rules(family), .inside)
        }
        measureVerdict("none of 1,000 rules matches, \(family)", .notInWhitelist) {
            try .whitelist(Sample.rules(family), .beside)
        }
    }
    measureVerdict("one of 1,000 rules and three lists admits", nil) {
        try .lists(Sample.rules(.v4))
    }
}

private func measureRules() {
    measureVerdict("one of 1,000 rules denies", .deniedByRule) {
        try .whitelist(Sample.rules(.v4).with { $0.action = .deny }, .inside)
    }
    measureVerdict("one of 1,000 rules with words admits", nil) {
        try .whitelist(Sample.rules(.v4).with { $0.description = "office in Singapore" }, .inside)
    }
    measureVerdict("an expired rule yields to the one around it", nil) {
        let expired = Sample.rules(.v4).with { $0.expiry = Sample.now }
        return try .whitelist(expired + [Sample.everyIPv4], .inside)
    }
}

/// - Parameter denial: what is said of each client; `nil` for admission.
private func measureVerdict(
    _ sentence: String,
    _ denial: DenialReason?,
    _ sample: @escaping () throws -> PolicySample
) {
    Benchmark("Access: \(sentence)") { (benchmark: Benchmark, sample: PolicySample) in
        for client in sample.clients { blackHole(sample.verdict(on: client)) }
    } setup: {
        let sample = success(sentence, sample)
        sample.requireVerdict(denial)
        return sample
    }
}
