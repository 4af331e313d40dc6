import Glibc
import Sockets
import Testing

@Suite("What a failed call means about the peer")
struct SystemErrorTests {
    @Test(
        "If nothing comes back, the peer is unreachable",
        arguments: [ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, ENONET]
    )
    func unreachable(code: Int32) {
        #expect(SystemError(code: code).isPeerUnreachable)
    }

    @Test(
        "Otherwise it has ended the connection itself",
        arguments: [ECONNRESET, EPIPE, ECONNABORTED]
    )
    func reset(code: Int32) {
        #expect(!SystemError(code: code).isPeerUnreachable)
    }
}
