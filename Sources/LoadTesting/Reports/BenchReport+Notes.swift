/// What a person should know about the numbers.
extension BenchReport {
    /// Empty where there is nothing to say.
    var notes: [String] {
        let notes = lowerBoundNotes + failureNotes + processNotes + bottleneckNotes
        return notes.isEmpty ? [] : [""] + notes
    }

    private var lowerBoundNotes: [String] {
        targets.compactMap { target in
            guard let latency = target.latency, latency.lowerBounds > 0 else { return nil }
            let count = Numbers.count(latency.lowerBounds)
            return "\(place(of: target))\(count) of \(Numbers.count(latency.count)) latencies are "
                + "lower bounds: so long was waited, and no answer came"
        }
    }

    private var failureNotes: [String] {
        targets.flatMap { target in
            target.failures.map { note(on: $0, of: target, "") }
                + target.connectFailures.map {
                    note(on: $0, of: target, "outside of \(setting.operationPlural), ")
                }
                + target.warmUpFailures.map { note(on: $0, of: target, "while warming up, ") }
        }
    }

    private func note(on failure: FailureReport, of target: TargetReport, _ time: String) -> String
    {
        let detail = failure.detail.map { " (\($0))" } ?? ""
        let words = Failure.Kind(rawValue: failure.kind)?.explanation ?? failure.kind
        // More connections help where some stood, and all were busy.
        let isUnsent = failure.kind == Failure.Kind.unsent.rawValue && time.isEmpty
        let remedy = isUnsent && target.openConnections > 0 ? ": use more --connections" : ""
        return "\(place(of: target))\(time)\(Numbers.count(failure.count)) × \(words)\(detail)"
            + remedy
    }

    private var processNotes: [String] {
        targets.flatMap { target in
            target.processes.filter(\.hasEnded).map {
                "\(place(of: target))process \($0.id) ended during the test"
            }
        }
    }

    /// A generator that is at its own limit measures itself.
    private var bottleneckNotes: [String] {
        let limit = min(setting.threads, setting.processors)
        let what =
            setting.processors < setting.threads ? "processors" : limit == 1 ? "thread" : "threads"
        return targets.filter { $0.generator.processorShare > 0.9 * Double(limit) }.map { target in
            "\(place(of: target))the load generator used its \(what) fully: the target may be faster "
                + "than this shows"
                + (setting.threads < setting.processors ? "; give it more --threads" : "")
        }
    }

    /// Names the target where there are several.
    private func place(of target: TargetReport) -> String {
        targets.count > 1 ? "\(target.name): " : ""
    }
}

extension Failure.Kind {
    /// In a few words, with a remedy where it lies on this side.
    var explanation: String {
        switch self {
        case .refused: "connection refused"
        case .unreachable: "target not reachable"
        case .noLocalPort:
            "no local port left: use fewer new connections a second (bench connect has --reset)"
        case .noDescriptor: "no descriptor left: raise the limit of open files (ulimit -n)"
        case .connectTimeout: "connect took longer than --timeout"
        case .timeout: "no complete answer within --timeout"
        case .reset: "connection reset"
        case .closedEarly: "connection ended early"
        case .badResponse: "an answer that is none in this protocol"
        case .status: "HTTP status that is no success"
        case .serverError: "error of the server"
        case .unsent: "due, but no connection was free to begin it"
        case .unfinished: "still running when the run was over"
        }
    }
}
