/// Whether a test went well enough for its figures to count.
extension BenchReport {
    /// Why the test failed, a line for each target that did; empty if it succeeded.
    ///
    /// - Parameter tolerance: the share of operations that may fail, from 0 to 1.
    package func failures(tolerating tolerance: Double) -> [String] {
        targets.compactMap { failure(of: $0, tolerance) }
    }

    private func failure(of target: TargetReport, _ tolerance: Double) -> String? {
        if setting.isIdle { return idleFailure(of: target, tolerance) }
        guard target.completed > 0 else {
            return "\(target.name): no \(setting.operation) succeeded"
        }
        let failed = target.failed + target.failedConnects - Self.interruptedCount(target)
        let all = target.completed + failed
        guard failed > 0, Double(failed) > tolerance * Double(all) else { return nil }
        return "\(target.name): \(Numbers.percent(Double(failed) / Double(all))) failed "
            + "(\(Numbers.count(failed)) of \(Numbers.count(all)))"
    }

    /// What Ctrl-C cut off did not fail.
    private static func interruptedCount(_ target: TargetReport) -> Int {
        guard target.rounds.last?.ended == RunEnding.interrupted.rawValue else { return 0 }
        let unfinished = target.failures.filter { $0.kind == Failure.Kind.unfinished.rawValue }
        return unfinished.reduce(0) { $0 + $1.count }
    }

    private func idleFailure(of target: TargetReport, _ tolerance: Double) -> String? {
        let missing = setting.connections - target.openConnections
        guard missing > 0, Double(missing) > tolerance * Double(setting.connections) else {
            return nil
        }
        return "\(target.name): only \(Numbers.count(target.openConnections)) of "
            + "\(Numbers.count(setting.connections)) connections were open at the end"
    }
}
