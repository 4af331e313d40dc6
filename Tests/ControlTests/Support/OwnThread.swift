import Foundation

/// Runs what blocks on a thread of its own. The few threads that tasks and Dispatch share are
/// needed by the server under test.
func onOwnThread<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}
