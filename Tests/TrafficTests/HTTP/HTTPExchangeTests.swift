import Policy
import Testing

@testable import Traffic

@Suite("An HTTP request and its answer")
struct HTTPExchangeTests {
    @Test("A backend that announces its answer without end is not waited for")
    func endlessInterimAnswers() throws {
        let interim = "HTTP/1.1 103 Early Hints\r\n\r\n"
        for head in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", load + "\r\nabcd"] {
            var talk = try Talk(head)
            talk.connect()
            for _ in 0..<32 { talk.backend(interim) }
            #expect(talk.refusal == nil)
            talk.backend(interim)
            #expect(talk.refusal == .badAnswer)
        }
    }

    @Test("A request that may have been carried out is not repeated")
    func noRepetition() throws {
        let commit = "POST /api/db/_stream_load_2pc HTTP/1.1\r\nHost: fe\r\n\r\n"
        var talk = try Talk(commit)
        talk.connect()
        talk.endOfBackend()
        #expect(talk.refusal == .badAnswer && talk.dialed.isEmpty)
        var kept = try Talk(commit, reusesBackend: true)
        kept.connect()
        kept.endOfBackend()
        #expect(kept.hasLeft && kept.dialed.isEmpty)
        // The server of a redirect has a connection of its own, which cannot be stale.
        var led = try Talk(commit, reusesBackend: true)
        led.connect()
        led.backend(redirect("http://be:8040/x"))
        led.connect()
        led.endOfBackend()
        #expect(led.refusal == .badAnswer && led.dialed.count == 1)
    }

    @Test("An answer that ends with a failure is not taken for a whole one")
    func cutOff() throws {
        let begun = "HTTP/1.1 200 OK\r\n\r\n{\"Status\": \"Success\""
        for hasFailed in [false, true] {
            var asked = try Talk(load + "\r\nabcd")
            asked.connect()
            asked.backend(begun)
            asked.endOfBackend(hasFailed: hasFailed)
            #expect((asked.refusal == .badAnswer) == hasFailed)
            var sent = try Talk(load + "\r\nabcd")
            sent.connect()
            sent.backend(redirect("http://be:8040/x"))
            sent.connect()
            sent.backend("HTTP/1.1 100 Continue\r\n\r\n")
            sent.backend(begun)
            sent.endOfBackend(hasFailed: hasFailed)
            #expect((sent.refusal == .badAnswer) == hasFailed)
            #expect((sent.end?.record.loadStatus == "Success") != hasFailed)
        }
    }

    @Test("A client that has sent its body gets no 100")
    func noNeedlessContinue() throws {
        var talk = try Talk(load + "Expect: 100-continue\r\n\r\nabcd")
        talk.connect()
        talk.backend(redirect("http://be:8040/x"))
        talk.connect()
        talk.backend("HTTP/1.1 100 Continue\r\n\r\n")
        #expect(talk.toClient.isEmpty && talk.toBackend.hasSuffix("abcd"))
    }

    @Test("A backend that has sent more than its answer is not kept")
    func excessOfBackend() throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"Status\":\"Success\"}"
        var terms = HTTPTerms()
        terms.mode = .follow
        terms.rewritesBackendList = true
        let head = "GET /api/backends HTTP/1.1\r\nHost: a\r\n\r\n"
        for (rest, isKept) in [("", true), ("HTTP/1.1 200 OK\r\n", false)] {
            var talk = try Talk(head, terms)
            talk.connect()
            talk.backend(answer + rest)
            #expect(talk.end?.keepsBackend == isKept, "\(rest)")
        }
    }

    @Test("Only a protocol that the client has offered is switched to")
    func offeredProtocol() throws {
        let head =
            "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: b/1 , WebSocket\r\n\r\n"
        for (chosen, isOffered) in [
            ("websocket", true), ("b/1", true), ("h2c", false), ("b", false),
        ] {
            var talk = try Talk(head)
            talk.connect()
            talk.backend("HTTP/1.1 101 Switching Protocols\r\nUpgrade: \(chosen)\r\n\r\n")
            #expect(talk.isUpgraded == isOffered, "\(chosen)")
            #expect((talk.refusal == .badAnswer) != isOffered, "\(chosen)")
        }
    }

    @Test("An error log is passed on however long it is, and its token leads to nothing else")
    func errorLog() throws {
        var terms = HTTPTerms()
        terms.mode = .follow
        terms.rewritesErrorURL = true
        var talk = try Talk(load + "\r\nabcd", terms)
        talk.connect()
        let json = #"{"Status":"Fail","ErrorURL":"http://be:8040/api/_load_error_log?file=1"}"#
        talk.backend("HTTP/1.1 200 OK\r\nContent-Length: \(json.utf8.count)\r\n\r\n\(json)")
        let token = try #require(
            talk.toClient.split(separator: "sluice=").last?.prefix { $0 != "\"" }
        )
        let request =
            "GET /api/_load_error_log?file=1&sluice=\(token) HTTP/1.1\r\nHost: fe:8030\r\n\r\n"
        var log = try Talk(request, terms)
        log.connect()
        #expect(log.toBackend.hasPrefix("GET /api/_load_error_log?file=1 HTTP/1.1\r\n"))
        #expect(!log.toBackend.contains("Expect"))
        let long = String(repeating: "row\n", count: 40_000)
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(long.utf8.count)\r\n\r\n\(long)"
        log.backend(answer)
        #expect(log.toClient == answer && log.isComplete)
        for target in [
            "PUT /api/db/t/_stream_load?sluice=\(token)",
            "DELETE /api/_load_error_log?sluice=\(token)",
            "POST /api/_load_error_log?sluice=\(token)",
            "GET /api/other?sluice=\(token)",
        ] {
            #expect(throws: HTTPRequestPlan.Denial.self, "\(target)") {
                try Talk("\(target) HTTP/1.1\r\nHost: fe:8030\r\n\r\n", terms)
            }
        }
    }

    @Test("A front end's own redirect may have a load forwarded, also by way of the client")
    func forwardedByToken() throws {
        var terms = HTTPTerms()
        terms.mode = .rewrite
        var talk = try Talk(load + "Expect: 100-continue\r\n\r\n", terms)
        talk.connect()
        let target = "/api/db/t/_stream_load_forward?forward_to=be:8040"
        talk.backend(redirect("http://public:8040\(target)"))
        talk.connect()
        let location = try #require(
            talk.toClient.split(separator: "\r\n").first { $0.hasPrefix("Location: ") }
        )
        let place = location.dropFirst("Location: http://fe:8030".count)
        let next = try Talk(
            "PUT \(place) HTTP/1.1\r\nHost: fe:8030\r\nContent-Length: 4\r\n\r\n",
            terms
        )
        let server = RedirectTarget(host: "public", port: 8040, usesTLS: false)
        #expect(next.plan.way == .direct(server, target: target))
    }

    @Test(
        "A list of many backends is rewritten in one pass, and one too long is passed on as it is"
    )
    func manyBackends() {
        let one = #"{"ip":"10.0.0.1","http_port":8040},"#
        var many = LoadAnswer(Array(String(repeating: one, count: 20_000).utf8))
        let isReplaced = many.replaceBackends(host: "gw", port: "1")
        #expect(isReplaced)
        let replaced = String(repeating: #"{"ip":"gw","http_port":1},"#, count: 20_000)
        #expect(many.content == Array(replaced.utf8))
        var long = LoadAnswer(Array(String(repeating: one, count: 20_000).utf8))
        let content = long.content
        let hasChanged = long.replaceBackends(host: String(repeating: "g", count: 250), port: "1")
        #expect(!hasChanged)
        #expect(long.content == content)
    }

    @Test("A denied path is named by the element of the list that it is in")
    func deniedElement() throws {
        var terms = HTTPTerms()
        terms.mode = .follow
        terms.denied = PathList(["/api/*/compaction", "/metrics"])
        for (target, detail) in [
            ("/API/db/compaction/run?token=x", "the listener's http.deny has /api/*/compaction"),
            ("/metrics", "the listener's http.deny has /metrics"),
            (
                "/x/..//metrics",
                "different servers may read its path as one of the listener's http.deny"
            ),
        ] {
            let denial = #expect(throws: HTTPRequestPlan.Denial.self) {
                try Talk("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n", terms)
            }
            #expect(denial?.detail == detail)
        }
    }
}
