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

    @Test("An epoll set that lacks its last descriptor keeps none of the others")
    func epoll() async {
        await #expect(processExitsWith: .success) {
            for count in 0..<3 {
                Self.leaveRoom(for: count)
                let before = Self.room()
                #expect(throws: SystemError.self) { try Epoll(wakeToken: 1, timerToken: 2) }
                precondition(Self.room() == before, "\(count)")
            }
            Self.leaveRoom(for: 3)
            precondition((try? Epoll(wakeToken: 1, timerToken: 2)) != nil)
        }
    }

    @Test("Pipes and listening sockets keep none either")
    func others() async {
        await #expect(processExitsWith: .success) {
            let loopback = SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 0)
            let keepalive = KeepaliveOptions(idleSeconds: 60, intervalSeconds: 60, count: 3)
            let taken = try ListeningSocket(on: loopback, keepalive: keepalive)
            Self.leaveRoom(for: 1)
            precondition((try? Pipe(byteCount: 65_536)) == nil)
            let again = try? ListeningSocket(on: taken.address, keepalive: keepalive)
            precondition(again == nil)
            precondition((try? ListeningSocket.probe(taken.address)) == nil)
            precondition(Self.room() == 1)
        }
    }
}
