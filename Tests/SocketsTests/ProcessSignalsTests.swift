import Glibc
import Testing

@testable import Sockets

/// In a process of its own: what a signal does is the process' as a whole.
@Suite("Signals of a process")
struct ProcessSignalsTests {
    @Test("Each arrives through the queue, in order, and does not end the process")
    func order() async {
        await #expect(processExitsWith: .success) {
            let signals = try ProcessSignals(catching: [SIGHUP, SIGUSR1, SIGTERM])
            for signal in [SIGTERM, SIGHUP, SIGUSR1, SIGTERM] {
                kill(getpid(), signal)
                let next = signals.next()
                precondition(next == signal)
            }
        }
    }

    @Test("A signal that the parent process has blocked is still received")
    func blocked() async {
        await #expect(processExitsWith: .success) {
            var all = sigset_t()
            unsafe sigfillset(&all)
            unsafe pthread_sigmask(SIG_SETMASK, &all, nil)
            let signals = try ProcessSignals(catching: [SIGUSR1])
            kill(getpid(), SIGUSR1)
            precondition(signals.next() == SIGUSR1)
        }
    }
}
