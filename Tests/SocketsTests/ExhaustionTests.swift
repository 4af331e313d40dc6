import Addresses
import Glibc
import Testing

@testable import Sockets

/// In processes of their own: a limit counts for all of a process.
@Suite("Out of descriptors in the middle of a constructor")
struct ExhaustionTests {
    /// Leaves room for `count` more descriptors, whichever they are.
    private static func leaveRoom(for count: Int) {
        var limit = rlimit()
        _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let lowest = dup(0)
        close(lowest)
        limit.rlim_cur = rlim_t(lowest)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        // Some numbers above the lowest free one may be taken.
        while room() < count {
            limit.rlim_cur += 1
            _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
    }

    /// How many descriptors can still be opened.
    private static func room() -> Int {
        var opened: [Int32] = []
        while true {
            let descriptor = dup(0)
            guard descriptor >= 0 else { break }
            opened.append(descriptor)
        }
        for descriptor in opened { close(descriptor) }
        return opened.count
    }

    /// How many descriptors are open.
    private static var openCount: Int { (0..<4_096).count { fcntl($0, F_GETFD) >= 0 } }

    /// Tries often enough that a descriptor lost in each try stands out from those which the rest of
    /// the process opens and closes meanwhile.
    ///
    /// - Returns: whether some try succeeded, and some failed.
    private static func attempt<Value>(
        withRoomFor count: Int,
        _ make: () throws -> Value
    ) -> (succeeded: Bool, failed: Bool) {
        let before = openCount
        var outcome = (succeeded: false, failed: false)
        for _ in 0..<40 {
            leaveRoom(for: count)
            if (try? make()) != nil { outcome.succeeded = true } else { outcome.failed = true }
        }
        precondition(openCount < before + 20, "\(openCount - before) lost with room for \(count)")
        return outcome
    }

    @Test("An epoll set that lacks its last descriptor keeps none of the others")
    func epoll() async {
        await #expect(processExitsWith: .success) {
            for count in 0..<3 {
                let outcome = Self.attempt(withRoomFor: count) {
                    try Epoll(wakeToken: 1, timerToken: 2)
                }
                precondition(outcome.failed, "\(count)")
            }
            let outcome = Self.attempt(withRoomFor: 3) { try Epoll(wakeToken: 1, timerToken: 2) }
            precondition(outcome.succeeded)
        }
    }

    @Test("Pipes and listening sockets keep none either")
    func others() async {
        await #expect(processExitsWith: .success) {
            let loopback = SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 0)
            let keepalive = KeepaliveOptions(idleSeconds: 60, intervalSeconds: 60, count: 3)
            let taken = try ListeningSocket(on: loopback, keepalive: keepalive)
            defer { withExtendedLifetime(taken) {} }
            precondition(Self.attempt(withRoomFor: 1) { try Pipe(byteCount: 65_536) }.failed)
            // The room is enough, the address is not free.
            let again = Self.attempt(withRoomFor: 1) {
                try ListeningSocket(on: taken.address, keepalive: keepalive)
            }
            precondition(!again.succeeded)
            let probe = Self.attempt(withRoomFor: 1) { try ListeningSocket.probe(taken.address) }
            precondition(!probe.succeeded)
        }
    }
}
