/// What a person should know about the numbers.
extension BenchReport {
    /// Empty if there is nothing to say.
    var notes: [String] {
        let notes =
            lowerBoundNotes + failureNotes + causes + processNotes + othersNotes
            + bottleneckNotes
        return notes.isEmpty ? [] : [""] + notes
    }

    private var lowerBoundNotes: [String] {
        targets.compactMap { target in
            guard let latency = target.latency, latency.lowerBounds > 0 else { return nil }
            let count = Numbers.count(latency.lowerBounds)
            return "\(place(of: target))\(count) of \(Numbers.count(latency.count)) latencies are "
                + "lower bounds: no answer came in that time"
        }
    }

    private var failureNotes: [String] {
        targets.flatMap { target in
            target.failures.map { note(on: $0, of: target, "") }
                + target.connectFailures.map {
                    note(on: $0, of: target, "between \(setting.operationPlural), ")
                }
                + target.warmUpFailures.map { note(on: $0, of: target, "during warm-up, ") }
        }
    }

    private func note(on failure: FailureReport, of target: TargetReport, _ time: String) -> String
    {
        let detail = failure.detail.map { " (\($0))" } ?? ""
        let words = Failure.Kind(rawValue: failure.kind)?.explanation ?? failure.kind
        return "\(place(of: target))\(time)\(Numbers.count(failure.count)) × \(words)\(detail)"
    }

    private var processNotes: [String] {
        targets.flatMap { target in
            target.processes.filter(\.hasEnded).map {
                "\(place(of: target))process \($0.id) ended during the test"
            }
        }
    }

    /// Figures that were measured beside other work are of that work, too.
    private var othersNotes: [String] {
        targets.flatMap { target in
            [otherUse(target), stolenTime(target)].compactMap { $0 }
                .map { place(of: target) + $0 }
        }
    }

    /// How many of them are named in a line.
    private static let namedProcessLimit = 5

    private func otherUse(_ target: TargetReport) -> String? {
        guard target.others.processorShare > OthersReport.shareLimit else { return nil }
        let names = target.others.processes
            .filter { $0.processorShare > OthersReport.shareLimit / 4 }
            .prefix(Self.namedProcessLimit)
            .map { "\($0.name) (\($0.id)) \(Numbers.percent($0.processorShare))" }
        let list = names.isEmpty ? "" : ": " + names.joined(separator: ", ")
        return "other processes used \(Numbers.percent(target.others.processorShare)) of a CPU "
            + "during the run\(list)"
    }

    private func stolenTime(_ target: TargetReport) -> String? {
        guard target.others.stolenShare > OthersReport.shareLimit else { return nil }
        return "the hypervisor withheld \(Numbers.percent(target.others.stolenShare)) of a CPU "
            + "during the run"
    }

    /// A generator that is at its own limit measures itself.
    private var bottleneckNotes: [String] {
        let limit = min(setting.threads, setting.processors)
        let what =
            setting.processors < setting.threads ? "CPUs" : limit == 1 ? "thread" : "threads"
        return targets.filter { $0.generator.processorShare > 0.9 * Double(limit) }.map { target in
            "\(place(of: target))the load generator used its \(what) fully: the target may be faster "
                + "than this shows"
                + (setting.threads < setting.processors ? "; use more --threads" : "")
        }
    }

    /// Names the target if there are several.
    private func place(of target: TargetReport) -> String {
        targets.count > 1 ? "\(target.name): " : ""
    }
}

extension Failure.Kind {
    /// In a few words.
    var explanation: String {
        switch self {
        case .refused: "connection refused"
        case .unreachable: "target unreachable"
        case .noLocalPort: "no local port left"
        case .noDescriptor: "no file descriptor left"
        case .connectTimeout: "connect took longer than --timeout"
        case .timeout: "no complete answer within --timeout"
        case .reset: "connection reset"
        case .closedEarly: "connection closed early"
        case .badResponse: "invalid answer for this protocol"
        case .status: "unexpected HTTP status"
        case .serverError: "server error"
        case .unsent: "due, but no connection was free"
        case .unfinished: "still running at the end"
        }
    }
}
