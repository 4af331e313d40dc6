import Glibc
import Sockets
import Testing

@testable import Engine

@Suite("Why an address cannot be listened on")
struct ListenFailureTests {
    @Test(
        "The system's words, and what to do",
        arguments: [
            (EADDRINUSE, "Address already in use (ss -ltnp"),
            (EADDRNOTAVAIL, "Cannot assign requested address (ip addr"),
            (EACCES, "Permission denied (ports below 1024"),
            (ENOBUFS, "No buffer space available"),
        ]
    )
    func words(code: CInt, words: String) {
        #expect(ListenFailure(SystemError(code: code)).description.hasPrefix(words))
    }

    @Test("An interface that is not there is named")
    func interface() {
        let failure = ListenFailure(SystemError(code: ENODEV), interface: "eth9")
        #expect(failure.description.contains("none is eth9"))
    }
}
