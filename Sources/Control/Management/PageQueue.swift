import Dispatch

/// Builds expensive pages one at a time, on a thread of its own: the few threads that all tasks
/// share stay free to accept clients and to answer cheap requests.
struct PageQueue: Sendable {
    private let queue = DispatchQueue(label: "sluice.pages")

    func build<Page: Sendable>(
        _ page: @escaping @Sendable () throws -> Page
    ) async throws -> Page {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try page() }) }
        }
    }
}
