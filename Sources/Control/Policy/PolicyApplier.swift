import Dispatch
import Engine
package import Operations
package import Policy
import Settings
import Synchronization
import Time

/// Applies updates of the policy, in the order in which they are submitted.
///
///     let revision = try await applier.apply(PolicyUpdate(.changes([…])))   // obeyed by every shard
///
/// Updates are compiled and published on the applier's own queue, so that neither the writer
/// nor a signal waits for a long list. Those that arrive while one is being applied are applied
/// together: each separately, so that a rejected one does not hold up the others, but
/// published once.
package final class PolicyApplier: Sendable {
    /// The result of an update that was accepted.
    package struct Outcome: Sendable {
        /// The update's own revision; a later one may be active already.
        package let revision: PolicyRevision
        fileprivate let adoption: Adoption

        /// Returns once every shard obeys the update.
        package func waitUntilObeyed() async { await adoption.wait() }
    }

    package typealias Completion = @Sendable (Result<Outcome, PolicyRejection>) -> Void

    private struct Submission {
        let update: PolicyUpdate
        let completion: Completion
    }

    private struct State {
        var submissions: [Submission] = []
        var isScheduled = false
        var isStopped = false
    }

    /// What is active. Only used on the queue, except for its status.
    private struct Active {
        var policy: Policy
        var status: PolicyStatus
    }

    private let target: any PolicyEnforcing
    private let state = Mutex(State())
    private let active: Mutex<Active>
    private let queue = DispatchQueue(label: "sluice.policy", qos: .userInitiated)
    private let report: @Sendable (PolicyStatus, Policy) -> Void

    /// - Parameters:
    ///   - policy: already active.
    ///   - report: called after each publication and each rejection with what is active. Must not
    ///     block.
    package init(
        _ policy: Policy,
        status: PolicyStatus,
        target: any PolicyEnforcing,
        report: @escaping @Sendable (PolicyStatus, Policy) -> Void = { _, _ in }
    ) {
        active = Mutex(Active(policy: policy, status: status))
        self.target = target
        self.report = report
    }

    package var status: PolicyStatus { active.withLock { $0.status } }
    package var policy: Policy { active.withLock { $0.policy } }

    /// Applies an update and returns once every shard obeys it.
    ///
    /// - Returns: its revision.
    package func apply(_ update: PolicyUpdate) async throws(PolicyRejection) -> PolicyRevision {
        let result = await withCheckedContinuation { continuation in
            submit(update) { continuation.resume(returning: $0) }
        }
        let outcome = try result.get()
        await outcome.waitUntilObeyed()
        return outcome.revision
    }

    /// Submits an update and returns immediately.
    ///
    /// - Parameter completion: called on any thread once the update has been published or rejected.
    package func submit(_ update: PolicyUpdate, _ completion: @escaping Completion = { _ in }) {
        let (isTaken, needsTurn) = state.withLock { state in
            guard !state.isStopped else { return (false, false) }
            state.submissions.append(Submission(update: update, completion: completion))
            defer { state.isScheduled = true }
            return (true, !state.isScheduled)
        }
        guard isTaken else { return completion(.failure(.stopping)) }
        if needsTurn { queue.async { [self] in applySubmissions() } }
    }

    /// Accepts no further updates; those already submitted are applied.
    package func stop() {
        state.withLock { $0.isStopped = true }
    }
}

// MARK: - Applying

extension PolicyApplier {
    private func applySubmissions() {
        while let batch = takeSubmissions() {
            var rest = batch[...]
            while !rest.isEmpty {
                let run = rest.prefix { !$0.update.hasTopology }
                if run.isEmpty, let submission = rest.popFirst() {
                    applyTopology(of: submission)
                } else {
                    applyTogether(run)
                    rest = rest.dropFirst(run.count)
                }
            }
        }
    }

    private func takeSubmissions() -> [Submission]? {
        state.withLock { state in
            guard !state.submissions.isEmpty else {
                state.isScheduled = false
                return nil
            }
            defer { state.submissions = [] }
            return state.submissions
        }
    }

    /// Applies updates of the policy alone, and publishes them together.
    private func applyTogether(_ submissions: ArraySlice<Submission>) {
        var (policy, status) = active.withLock { ($0.policy, $0.status) }
        var accepted: [(submission: Submission, revision: PolicyRevision)] = []
        for submission in submissions {
            do throws(PolicyRejection) {
                let revision = try submission.update.revision(after: status.revision)
                try submission.update.apply(to: &policy)
                status.revision = revision
                accepted.append((submission, revision))
            } catch {
                refuse(submission, error)
            }
        }
        guard !accepted.isEmpty else { return }
        do throws(PolicyRejection) {
            let adoption = try target.enforce(policy)
            record(policy, status.revision)
            for (submission, revision) in accepted {
                submission.completion(.success(Outcome(revision: revision, adoption: adoption)))
            }
        } catch {
            for (submission, _) in accepted { refuse(submission, error) }
        }
    }

    private func applyTopology(of submission: Submission) {
        guard case .configuration(var configuration) = submission.update.content else { return }
        let (before, current) = active.withLock { ($0.policy, $0.status.revision) }
        do throws(PolicyRejection) {
            let revision = try submission.update.revision(after: current)
            configuration.policy.continueSeries(of: before)
            let adoption = try target.reload(to: configuration)
            record(configuration.policy, revision, isRestored: submission.update.isRestored)
            submission.completion(.success(Outcome(revision: revision, adoption: adoption)))
        } catch {
            refuse(submission, error)
        }
    }

    private func record(
        _ policy: Policy,
        _ revision: PolicyRevision,
        isRestored: Bool = false
    ) {
        let now = UnixTime.systemTime
        let status = active.withLock { active in
            active.policy = policy
            active.status.revision = revision
            active.status.since = now
            active.status.isRestored = isRestored
            active.status.rejection = nil
            return active.status
        }
        report(status, policy)
    }

    private func refuse(_ submission: Submission, _ rejection: PolicyRejection) {
        let (status, policy) = active.withLock { active in
            active.status.rejection = PolicyRejectionStatus(
                revision: submission.update.revision,
                reason: rejection.description,
                at: .systemTime
            )
            return (active.status, active.policy)
        }
        report(status, policy)
        submission.completion(.failure(rejection))
    }
}

extension PolicyUpdate {
    fileprivate var hasTopology: Bool {
        if case .configuration = content { true } else { false }
    }

    /// The update's revision, if it is above the active one; a topology may come with the policy that
    /// is active.
    fileprivate func revision(after current: PolicyRevision) throws(PolicyRejection)
        -> PolicyRevision
    {
        // A count that was read from a file may be any.
        guard let revision else { return PolicyRevision(current.number &+ 1) }
        guard revision > current || hasTopology && revision == current else {
            throw .outdated(revision, active: current)
        }
        return revision
    }

    /// Makes the update's changes to a policy: all of them or none.
    fileprivate func apply(to policy: inout Policy) throws(PolicyRejection) {
        switch content {
        case .changes(let changes):
            do throws(PolicyChangeError) {
                try policy.apply(changes)
            } catch {
                throw .invalidChange(error)
            }
        case .policy(var new):
            new.continueSeries(of: policy)
            policy = new
        case .configuration(let configuration):
            policy = configuration.policy
        }
    }
}
