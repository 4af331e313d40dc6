import NIOCore
import Operations
import Store
import Synchronization
import Time

/// One client's stream of events. What waits for it is bounded (``EventBuffer``).
final class EventStream: Sendable {
    /// What its client wants and may see.
    struct Subscription: Sendable {
        var principal: Principal
        var kinds: Set<EventKind>
        /// `nil` for all that the principal may see.
        var warehouse: String?
        /// The number of the last change that the client knows; `nil` for the newest.
        var lastChange: Int64?

        func covers(warehouse id: String?) -> Bool {
            if let warehouse { return id == warehouse }
            return principal.warehouses == nil || id.map(principal.mayUse(warehouse:)) == true
        }
    }

    /// Why a stream ends.
    enum Ending: Equatable {
        /// The client has closed the connection.
        case gone
        /// The principal may no longer read what it reads: for the client.
        case reason(String)
    }

    private struct State {
        var buffer = EventBuffer()
        var hasBeat = false
        var hasChanges = false
        var ending: Ending?
        /// Whether the sessions are to be sent as a whole, because some were not sent.
        var needsSnapshot = true
        /// The hash of the last status, so that an unchanged one is not sent.
        var status: Int?
        /// Since when the client has not taken what was written; `nil` while nothing is written.
        var writingSince: ContinuousClock.Instant?
        var wroteAt = ContinuousClock.now
    }

    let subscription: Subscription
    let channel: any Channel
    private let state = Mutex(State())
    /// Wakes the writer.
    let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(_ subscription: Subscription, on channel: any Channel) {
        self.subscription = subscription
        self.channel = channel
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }
}

// MARK: - What is to be sent

extension EventStream {
    /// - Returns: whether there was room.
    @discardableResult
    func send(_ event: StreamEvent, of kind: EventKind) -> Bool {
        let isSent = state.withLock { state in
            let isSent = state.buffer.append(event, of: kind)
            if kind == .sessions { state.needsSnapshot = !isSent }
            return isSent
        }
        wake.yield()
        return isSent
    }

    /// Whether the client has another status than the one with this hash.
    func needsStatus(_ hash: Int) -> Bool { state.withLock { $0.status != hash } }

    func sendStatus(_ event: StreamEvent, hash: Int) {
        state.withLock { state in
            state.status = hash
            state.buffer.replaceStatus(event)
        }
        wake.yield()
    }

    /// There may be new changes in the store.
    func sendChanges() {
        state.withLock { $0.hasChanges = true }
        wake.yield()
    }

    var needsSnapshot: Bool { state.withLock { $0.needsSnapshot } }

    /// Ends the stream. The first reason counts.
    func end(_ ending: Ending) {
        state.withLock { $0.ending = $0.ending ?? ending }
        wake.finish()
    }

    var ending: Ending? { state.withLock { $0.ending } }

    /// Closes the connection after this time, whatever has been written by then.
    func close(after time: Duration) {
        let channel = channel
        channel.eventLoop.scheduleTask(in: TimeAmount(time)) { channel.close(promise: nil) }
    }
}

// MARK: - Writing

extension EventStream {
    /// What is written next.
    enum Step {
        case text(String)
        /// The changes after the last one are read from the store.
        case changes
        /// Nothing, until it is woken.
        case wait
    }

    func nextStep() -> Step {
        state.withLock { state in
            if state.ending != nil { return .wait }
            if let event = state.buffer.next() { return .text(event.text) }
            if state.hasChanges {
                state.hasChanges = false
                return .changes
            }
            guard state.hasBeat else { return .wait }
            state.hasBeat = false
            return .text(":\n\n")
        }
    }

    func beginWrite() {
        state.withLock { $0.writingSince = .now }
    }

    func endWrite() {
        state.withLock { state in
            state.writingSince = nil
            state.wroteAt = .now
        }
    }

    /// Sends a comment if nothing was sent for `interval`.
    func beat(after interval: Duration, at now: ContinuousClock.Instant) {
        let isDue = state.withLock { state in
            guard state.writingSince == nil, now - state.wroteAt >= interval else { return false }
            state.hasBeat = true
            return true
        }
        if isDue { wake.yield() }
    }

    /// Whether the client has taken nothing for `limit`, though something is written.
    func isStalled(for limit: Duration, at now: ContinuousClock.Instant) -> Bool {
        state.withLock { $0.writingSince.map { now - $0 >= limit } ?? false }
    }
}
