/// What a person should know about the numbers.
extension BenchReport {
    /// Empty where there is nothing to say.
    var notes: [String] {
        let notes = failureNotes + bottleneckNotes
        return notes.isEmpty ? [] : [""] + notes
    }

    private var failureNotes: [String] {
        targets.flatMap { target in
            target.failures.map { note(on: $0, of: target, "") }
                + target.warmUpFailures.map { note(on: $0, of: target, "while warming up, ") }
        }
    }

    private func note(on failure: FailureReport, of target: TargetReport, _ time: String) -> String
    {
        let place = targets.count > 1 ? "\(target.name): " : ""
        let detail = failure.detail.map { " (\($0))" } ?? ""
        let words = Failure.Kind(rawValue: failure.kind)?.explanation ?? failure.kind
        return "\(place)\(time)\(Numbers.count(failure.count)) × \(words)\(detail)"
    }

    /// A generator that is at its own limit measures itself.
    private var bottleneckNotes: [String] {
        let isBusy = targets.contains {
            $0.generator.processorShare > 0.9 * Double(setting.threads)
        }
        guard isBusy else { return [] }
        return [
            "The load generator used its \(setting.threads == 1 ? "thread" : "threads") fully: the "
                + "target may be faster than this shows. Give it more --threads, if there are "
                + "processors for them."
        ]
    }
}

extension Failure.Kind {
    /// In a few words, with a remedy where it lies on this side.
    var explanation: String {
        switch self {
        case .refused: "connection refused"
        case .unreachable: "target not reachable"
        case .noLocalPort:
            "no local port left: use fewer new connections a second, or --reset where there is it"
        case .noDescriptor: "no descriptor left: raise the limit of open files (ulimit -n)"
        case .connectTimeout: "connect took longer than --timeout"
        case .timeout: "no complete answer within --timeout"
        case .reset: "connection reset"
        case .closedEarly: "connection ended early"
        case .badResponse: "an answer that is none in this protocol"
        case .status: "HTTP status that is no success"
        case .serverError: "error of the server"
        case .unsent: "due, but no connection was free to begin it: use more --connections"
        case .unfinished: "still running when the run was over"
        }
    }
}
