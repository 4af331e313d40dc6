import Addresses
import Dispatch
import Operations
import Settings
import Sockets
import Synchronization

/// Resolves the name of one receiver. Its queries wait for each other, and for those of no other
/// receiver.
struct ReceiverNames: Sendable {
    /// Resolves one name; blocks (getaddrinfo(3)).
    typealias LookUp = @Sendable (_ name: String) throws -> [IPAddress]

    static let system: LookUp = { name in
        do throws(Resolver.Failure) {
            return try Resolver.addresses(of: name)
        } catch {
            throw Failure(description: error.description)
        }
    }

    private let queue = DispatchQueue(label: "sluice.webhook.names", qos: .utility)
    let lookUp: LookUp

    /// The addresses of a receiver.
    ///
    /// - Throws: ``Failure``
    func addresses(of url: ReceiverURL, within limit: Duration) async throws -> [IPAddress] {
        if let address = url.address { return [address] }
        let name = url.host
        return try await withCheckedThrowingContinuation { continuation in
            let answer = FirstAnswer(continuation)
            let late = Failure(description: "no answer within \(limit.configurationText)")
            queue.async { answer.give(Result { try lookUp(name) }) }
            DispatchQueue.global(qos: .utility).asyncAfter(
                deadline: .now() + limit / .seconds(1)
            ) { answer.give(.failure(late)) }
        }
    }

    /// Why a name has no address.
    struct Failure: Error {
        let description: String
    }

    /// Resumes a task once: getaddrinfo(3) cannot be interrupted.
    private final class FirstAnswer: Sendable {
        private let continuation: Mutex<CheckedContinuation<[IPAddress], any Error>?>

        init(_ continuation: CheckedContinuation<[IPAddress], any Error>) {
            self.continuation = Mutex(continuation)
        }

        func give(_ answer: Result<[IPAddress], any Error>) {
            continuation.withLock { continuation in
                defer { continuation = nil }
                return continuation
            }?.resume(with: answer)
        }
    }
}
