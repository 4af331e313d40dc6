import AddressFeeds
import CIDRTrie
import Text

/// Where a rule stands. There may be a million of them, so the source is only a number.
struct RuleOrigin {
    /// The index of a ``RuleSource``.
    var source: Int
    /// Counted from 1.
    var line: Int
}

/// An entry of the configuration or a file that it names.
struct RuleSource {
    private let place: Place
    /// As the configuration names it; `nil` for an entry.
    let file: String?

    init(_ place: Place, file: String? = nil) {
        self.place = place
        self.file = file
    }

    /// As messages name another place: `office.cidrs:12`.
    func reference(toLine line: Int) -> String {
        file.map { "\($0):\(line)" } ?? place.location.reference
    }

    func report(
        _ severity: ConfigurationFinding.Severity,
        line: Int,
        _ message: String,
        remedy: String
    ) {
        let position = file.map { _ in SourcePosition(line: line, column: 1) }
        report(severity, at: position ?? place.node.position, message, remedy: remedy)
    }

    func report(_ fault: CIDRListFault) {
        let position = SourcePosition(line: fault.line, column: fault.column)
        report(.error, at: position, fault.reason.problem, remedy: fault.reason.remedy)
    }

    /// The configuration's.
    var ruleLimit: Int { place.decoding.ruleLimit }

    /// Counts rules against the configuration's limit.
    ///
    /// - Returns: whether there is room for them; if not, that is an error, reported once.
    func claimRoom(forRules count: Int) -> Bool {
        let decoding = place.decoding
        let hadRoom = decoding.ruleCount <= decoding.ruleLimit
        decoding.ruleCount += count
        let hasRoom = decoding.ruleCount <= decoding.ruleLimit
        if hadRoom, !hasRoom {
            place.fault(
                "more than \(decoding.ruleLimit) whitelist rules",
                remedy: "compile long lists with sluice cidr compile"
            )
        }
        return hasRoom
    }

    func report(_ fault: FeedFault) {
        let position = SourcePosition(line: fault.place.line, column: fault.place.column)
        report(.error, at: position, fault.message)
    }

    /// A filter's value that nothing has admits nothing, or less than was meant.
    func report(_ unmatched: UnmatchedFilter) {
        place.warning(
            "nothing in \((file ?? "").debugDescription) is of \(unmatched.key.word) \(unmatched.value.quoted)",
            remedy: unmatched.remedy
        )
    }

    /// The services are in other regions than those that were asked for.
    func reportEmptyChoice() {
        place.warning(
            "no entry of \((file ?? "").debugDescription) has both one of these services and one of"
                + " these regions",
            remedy: "name services and regions that go together, or leave one of them out"
        )
    }

    /// Sums up the faults that were too many to name.
    func reportRest(_ count: Int) {
        if count > 0 { report(.error, at: nil, "\(count.of("more line", "is", "are")) faulty") }
    }

    private func report(
        _ severity: ConfigurationFinding.Severity,
        at position: SourcePosition?,
        _ message: String,
        remedy: String? = nil
    ) {
        place.decoding.report(
            ConfigurationFinding(
                severity,
                file: file,
                at: position,
                path: place.path,
                message: message,
                remedy: remedy
            )
        )
    }
}
