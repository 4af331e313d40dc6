internal import CSockets

/// A set of descriptors whose readiness is waited for (epoll(7)), with the two descriptors that
/// end a wait from inside: an eventfd for messages and a timerfd for deadlines.
///
/// ``signal()`` may be called on any thread, everything else on the owner's alone.
@safe public final class Epoll: @unchecked Sendable {
    // @unchecked: the descriptors never change; the kernel orders calls on them; `events` is
    // touched by the owner alone.

    private let instance: FileDescriptor
    private let wake: FileDescriptor
    private let timer: FileDescriptor
    private let events: UnsafeMutablePointer<csockets_event>
    private static let capacity = 256

    /// An empty set; `wakeToken` and `timerToken` come back as events.
    public init(wakeToken: UInt64, timerToken: UInt64) throws(SystemError) {
        instance = try FileDescriptor(csockets_epoll_create())
        wake = try FileDescriptor(csockets_eventfd_create())
        timer = try FileDescriptor(csockets_timerfd_create())
        try SystemError.check(csockets_epoll_add_level(instance.number, wake.number, wakeToken, 0))
        try SystemError.check(
            csockets_epoll_add_level(instance.number, timer.number, timerToken, 0)
        )
        // Nothing throws after this.
        unsafe events = .allocate(capacity: Self.capacity)
        unsafe events.initialize(repeating: csockets_event(), count: Self.capacity)
    }

    deinit {
        unsafe events.deallocate()
    }

    /// Readable when an event is waiting: what a Dispatch source watches.
    public var descriptor: Int32 { instance.number }

    /// Watches a connection's socket for every change of its readiness (edge-triggered).
    ///
    /// Closing the socket removes it.
    public func add(_ socket: Socket, token: UInt64) throws(SystemError) {
        try SystemError.check(csockets_epoll_add_edges(descriptor, socket.descriptor, token))
    }

    /// Watches a listening socket, level-triggered; of several sets that watch it, a new client
    /// wakes only some (EPOLLEXCLUSIVE, epoll_ctl(2)).
    public func add(_ listener: ListeningSocket, token: UInt64) throws(SystemError) {
        let socket = listener.socket.descriptor
        try SystemError.check(csockets_epoll_add_level(descriptor, socket, token, 1))
    }

    /// Watches a listening socket no longer.
    public func remove(_ listener: ListeningSocket) {
        // A failure means that it was not watched, which is the goal.
        _ = csockets_epoll_remove(descriptor, listener.socket.descriptor)
    }

    /// Waits until something is ready, at most for `milliseconds`.
    ///
    /// - Returns: how many events there are; ``event(at:)`` gives them until the next wait.
    public func wait(milliseconds: Int32) throws(SystemError) -> Int {
        let count = unsafe csockets_epoll_wait(
            descriptor,
            events,
            Int32(Self.capacity),
            milliseconds
        )
        return Int(try SystemError.check(count))
    }

    /// One of the events of the last wait.
    public func event(at index: Int) -> ReadinessEvent {
        precondition(index >= 0 && index < Self.capacity)
        let event = unsafe events[index]
        return ReadinessEvent(token: event.token, bits: event.bits)
    }

    /// Among the last wait's events, those with `token` are no longer valid: what they refer to is
    /// closed.
    public func disregard(token: UInt64) {
        for index in 0..<Self.capacity {
            guard unsafe events[index].token == token else { continue }
            unsafe events[index].bits = 0
        }
    }

    /// Ends a wait, or the next one, with the wake token.
    public func signal() {
        // The counter cannot overflow: the owner clears it, and 2^64−1 signals are out of reach.
        _ = csockets_eventfd_signal(wake.number)
    }

    /// Consumes all signals so far.
    public func clearSignal() {
        _ = csockets_eventfd_clear(wake.number)
    }

    /// Makes the set ready with the timer token after `nanoseconds`, to within the kernel's timer
    /// slack (50 µs, prctl(2)).
    public func setTimer(nanoseconds: Int64) {
        // 0 would disarm the timer (timerfd_settime(2)).
        _ = csockets_timerfd_set_ns(timer.number, max(nanoseconds, 1))
    }

    /// Makes the set ready with the timer token after `milliseconds`; `nil` for never.
    public func setTimer(milliseconds: Int64?) {
        // 0 would disarm the timer (timerfd_settime(2)).
        _ = csockets_timerfd_set(timer.number, milliseconds.map { max($0, 1) } ?? 0)
    }
}

/// The readiness of one descriptor.
public struct ReadinessEvent: Sendable {
    public let token: UInt64
    let bits: UInt32

    /// Bytes, the end of the stream or an error can be read.
    public var isReadable: Bool {
        bits & UInt32(CSOCKETS_READABLE | CSOCKETS_READ_HANGUP | CSOCKETS_ERROR | CSOCKETS_HANGUP)
            != 0
    }

    public var isWritable: Bool {
        bits & UInt32(CSOCKETS_WRITABLE | CSOCKETS_ERROR | CSOCKETS_HANGUP) != 0
    }

    /// The peer has sent all that it will send.
    public var isEndOfStream: Bool {
        bits & UInt32(CSOCKETS_READ_HANGUP | CSOCKETS_HANGUP | CSOCKETS_ERROR) != 0
    }

    /// There is urgent data, at which reads stop short (tcp(7)).
    public var isUrgent: Bool { bits & UInt32(CSOCKETS_URGENT) != 0 }

    /// The connection failed or was reset.
    public var isError: Bool { bits & UInt32(CSOCKETS_ERROR) != 0 }
}
