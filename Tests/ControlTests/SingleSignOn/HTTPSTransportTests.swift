import NIOSSL
import ScriptedServers
import Testing

@testable import Control

@Suite("Asking a provider", .timeLimit(.minutes(2)))
struct HTTPSTransportTests {
    private typealias Answer = ScriptedServer.Answer

    /// A limit that is not reached: what a test waits for ends earlier.
    private static let never = Duration.seconds(3_600)

    /// Asks a server that gives this answer, by GET and by POST.
    private func errors(
        _ answer: Answer,
        deadline: Duration = never,
        byteLimit: Int = 1_000
    ) async throws -> [ProviderError] {
        try await ScriptedServer.run([answer]) { server in
            let transport = HTTPSTransport(
                authorityFile: nil,
                deadline: deadline,
                byteLimit: byteLimit
            )
            let url = "http://\(server.address)/token"
            var errors: [ProviderError] = []
            do throws(ProviderError) {
                _ = try await transport.get(url)
            } catch {
                errors.append(error)
            }
            do throws(ProviderError) {
                _ = try await transport.post([], to: url, authorization: nil)
            } catch {
                errors.append(error)
            }
            return errors
        }
    }

    @Test("An answer that is too large or endless is cut off at the limit")
    func large() async throws {
        let head = "HTTP/1.1 200 OK\r\n"
        let chunk = "100\r\n\(String(repeating: "a", count: 256))\r\n"
        for answer in [
            Answer(String(repeating: "a", count: 1_001)),
            Answer(raw: head + "Content-Length: 900000000000\r\n\r\n", ending: .dripping("aaaa")),
            Answer(raw: head + "Transfer-Encoding: chunked\r\n\r\n", ending: .dripping(chunk)),
            // To the end of the connection, which never comes.
            Answer(raw: head + "\r\n", ending: .dripping("aaaa")),
        ] { #expect(try await errors(answer) == [.tooLarge, .tooLarge]) }
    }

    @Test("An answer of the greatest size is taken, and redirects are not followed")
    func exact() async throws {
        let body = String(repeating: "a", count: 1_000)
        let redirect = Answer("", status: 302, headers: ["Location: http://127.0.0.1:1/"])
        try await ScriptedServer.run([Answer(body), redirect]) { server in
            let transport = HTTPSTransport(authorityFile: nil, byteLimit: 1_000)
            let url = "http://\(server.address)/"
            let found = try await transport.get(url)
            #expect(found == Array(body.utf8))
            await #expect(throws: ProviderError.status(302)) { _ = try await transport.get(url) }
            #expect(server.requests.count == 2)
        }
    }

    @Test("Fields without end are cut off, too")
    func fields() async throws {
        let answer = Answer(
            raw: "HTTP/1.1 200 OK\r\nX: ",
            ending: .dripping(String(repeating: "a", count: 16_384))
        )
        let errors = try await errors(answer)
        #expect(errors.count == 2)
        for error in errors { guard case .unreachable = error else { throw error } }
    }

    @Test("An answer that takes too long is given up, however much of it has come")
    func slow() async throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n"
        for answer in [
            Answer(raw: "", ending: .open), Answer(raw: "HTTP/1.1 2", ending: .open),
            Answer(raw: head + "\r\naaa", ending: .open),
            Answer(raw: head, ending: .dripping("X: y\r\n")),
            Answer(raw: head + "\r\n", ending: .dripping("a")),
            Answer(raw: "", ending: .dripping("HTTP/1.1 103 Early Hints\r\n\r\n")),
        ] {
            let late = ProviderError.unreachable("no answer within 300ms")
            let found = try await errors(answer, deadline: .milliseconds(300), byteLimit: 1 << 20)
            #expect(found == [late, late], "\(answer)")
        }
    }

    @Test("Certificates are checked, and what is wrong with one is named")
    func certificates() async throws {
        let (authority, stranger) = (try TestAuthority(), try TestAuthority())
        let doubt =
            "the certificate has expired, or is not issued by an authority that the gateway trusts"
        for (host, names, life, trusted, words) in [
            ("127.0.0.1", ["127.0.0.1"], -1...1, authority.file, nil),
            ("localhost", ["localhost"], -1...1, authority.file, nil),
            ("127.0.0.1", ["127.0.0.1"], -1...1, nil, doubt),
            ("127.0.0.1", ["127.0.0.1"], -1...1, stranger.file, doubt),
            ("127.0.0.1", ["127.0.0.1"], -2 ... -1, authority.file, doubt),
            (
                "127.0.0.1", ["127.0.0.2"], -1...1, authority.file,
                "the certificate is not for 127.0.0.1"
            ),
            // For the address that the name has, but not for the name.
            (
                "localhost", ["127.0.0.1", "other.test"], -1...1, authority.file,
                "the certificate is not for localhost"
            ),
        ] as [(String, [String], ClosedRange<Double>, String?, String?)] {
            let tls = try authority.context(for: names, life: life)
            try await ScriptedServer.run(tls: tls, [Answer("{}")]) { server in
                let transport = HTTPSTransport(authorityFile: trusted)
                let port = server.address.split(separator: ":")[1]
                let url = "https://\(host):\(port)/"
                if let words {
                    await #expect(throws: ProviderError.unreachable(words)) {
                        _ = try await transport.get(url)
                    }
                    #expect(server.requests.isEmpty)
                } else {
                    let found = try await transport.get(url)
                    #expect(found == Array("{}".utf8))
                }
            }
        }
    }
}
