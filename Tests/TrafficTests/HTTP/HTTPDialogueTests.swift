import HTTPProtocol
import Policy
import Testing

@testable import Traffic

@Suite("What happens to an HTTP request")
struct HTTPDialogueTests {
    @Test("A request that is not redirected goes to the backend whole, with the client's address")
    func plain() throws {
        var talk = try Talk(
            "GET /api/health HTTP/1.1\r\nHost: fe:8030\r\nX-Forwarded-For: 1.1.1.1\r\n\r\n"
        )
        talk.connect()
        #expect(
            talk.toBackend == """
                GET /api/health HTTP/1.1\r
                Host: fe:8030\r
                X-Forwarded-For: 203.0.113.7\r
                X-Forwarded-Proto: http\r
                \r

                """
        )
        talk.backend("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        #expect(talk.toClient == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        #expect(talk.end?.record.status == 200)
        #expect(talk.end?.keepsBackend == true)
    }

    @Test(
        "What a client claims to be is removed, also where a server may read it as such",
        arguments: [
            "X-Forwarded-For", "x_forwarded_for", "X_Forwarded-Proto", "FORWARDED", "x_real_ip",
        ]
    )
    func forgedForwarding(name: String) throws {
        var talk = try Talk("GET / HTTP/1.1\r\nHost: fe:8030\r\n\(name): 1\r\nX_F: 2\r\n\r\n")
        talk.connect()
        let fields = "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: http\r\n\r\n"
        #expect(talk.toBackend == "GET / HTTP/1.1\r\nHost: fe:8030\r\nX_F: 2\r\n\(fields)")
    }

    @Test("A client cannot have the fields that name it removed as those of its connection")
    func namedForwarding() throws {
        for (connection, expected) in [
            ("X-Forwarded-For", ""), ("close, x-forwarded-for", "Connection: close\r\n"),
            ("keep-alive, X-Forwarded-Proto, a", "Connection: keep-alive, a\r\n"),
            ("a, b", "Connection: a, b\r\n"),
        ] {
            var talk = try Talk(
                "GET / HTTP/1.1\r\nHost: fe:8030\r\nConnection: \(connection)\r\n\r\n"
            )
            talk.connect()
            let fields = "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: http\r\n\r\n"
            #expect(talk.toBackend == "GET / HTTP/1.1\r\nHost: fe:8030\r\n\(expected)\(fields)")
        }
    }

    @Test(
        "A load's front end is asked with the head alone, and the server that it names gets the body"
    )
    func follow() throws {
        var talk = try Talk(load + "Expect: 100-continue\r\nauthorization: Basic eA==\r\n\r\n")
        talk.connect()
        #expect(
            talk.toBackend.hasPrefix(
                "PUT /api/db/t/_stream_load?x=%20 HTTP/1.1\r\nHost: fe:8030\r\n"
            )
        )
        #expect(talk.toBackend.contains("column_separator: |\r\n"))
        #expect(talk.toBackend.contains("Expect: 100-continue\r\n"))
        #expect(talk.toBackend.contains("redirect-policy: direct\r\n"))
        #expect(!talk.toBackend.lowercased().contains("content-length"))
        #expect(talk.toClient.isEmpty)
        talk.backend(redirect("http://root:p%40ss@be:8040/api/db/t/_stream_load?x=%20"))
        #expect(
            talk.dialed == [.redirected(RedirectTarget(host: "be", port: 8040, usesTLS: false))]
        )
        talk.connect()
        #expect(talk.toBackend.hasPrefix("PUT /api/db/t/_stream_load?x=%20 HTTP/1.1\r\n"))
        #expect(talk.toBackend.contains("\r\nHost: be:8040\r\n"))
        #expect(talk.toBackend.contains("authorization: Basic eA==\r\n"))
        #expect(talk.toBackend.contains("Content-Length: 4\r\n"))
        #expect(!talk.toBackend.contains("root"))
        talk.backend("HTTP/1.1 100 Continue\r\n\r\n")
        #expect(talk.toClient == "HTTP/1.1 100 Continue\r\n\r\n")
        #expect(talk.bounds?.toBackend.certainByteCount == 4)
        talk.backend(loaded)
        #expect(talk.toClient == "HTTP/1.1 100 Continue\r\n\r\n" + loaded)
        let end = try #require(talk.end)
        #expect(end.record.loadStatus == "Success")
        #expect(end.record.database == "db")
        #expect(end.record.table == "t")
        #expect(end.record.label == "l1")
        #expect(!end.keepsBackend)
        #expect(end.next != nil)
    }

    @Test("Credentials of a redirect are sent to its server if the client sent none")
    func redirectCredentials() throws {
        var talk = try Talk(load + "Expect: 100-continue\r\n\r\n")
        talk.connect()
        talk.backend(redirect("http://root:p%40ss@be:8040/x"))
        talk.connect()
        // root:p@ss
        #expect(talk.toBackend.contains("Authorization: Basic cm9vdDpwQHNz\r\n"))
    }

    @Test(
        "A client that does not wait loses nothing: what came with the head goes to the last server"
    )
    func eagerClient() throws {
        var talk = try Talk(load + "\r\nabcdGET / HTTP/1.1\r\n")
        talk.connect()
        #expect(!talk.toBackend.contains("abcd"))
        talk.backend(redirect("http://be:8040/x"))
        talk.connect()
        #expect(!talk.toBackend.contains("abcd"))
        #expect(talk.toBackend.contains("Expect: 100-continue"))
        talk.toBackend = ""
        talk.backend("HTTP/1.1 100 Continue\r\n\r\n")
        #expect(talk.toBackend == "abcd")
        #expect(talk.toClient.isEmpty)
        #expect(talk.bounds?.excess == Array("GET / HTTP/1.1\r\n".utf8))
        #expect(talk.bounds?.toBackend.isComplete == true)
    }

    @Test(
        "A server that says nothing of Expect gets the body after a while, and the client its 100"
    )
    func silentServer() throws {
        var talk = try Talk(load + "Expect: 100-continue\r\n\r\n")
        talk.connect()
        talk.backend(redirect("http://be:8040/x"))
        talk.connect()
        talk.deadlinePassed()
        #expect(talk.toClient == "HTTP/1.1 100 Continue\r\n\r\n")
        #expect(talk.exchange != nil)
        talk.backend("HTTP/1.1 100 Continue\r\n\r\n" + loaded)
        #expect(talk.toClient == "HTTP/1.1 100 Continue\r\n\r\n" + loaded)
    }

    @Test("A final answer to the head goes to the client, who has to close unless its body is read")
    func finalAnswer() throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{\"status\":\"FAILED\"}"
        var waiting = try Talk(load + "Expect: 100-continue\r\n\r\n")
        waiting.connect()
        waiting.backend(answer)
        #expect(
            waiting.toClient
                == "HTTP/1.1 200 OK\r\nContent-Length: 19\r\nConnection: close\r\n\r\n{\"status\":\"FAILED\"}"
        )
        #expect(waiting.end?.next == nil)
        #expect(waiting.end?.record.loadStatus == "FAILED")
        var whole = try Talk(load + "\r\nabcd")
        whole.connect()
        whole.backend(answer)
        #expect(whole.toClient == answer)
        #expect(whole.end?.next != nil)
    }

    @Test("At most three redirects are followed, none twice, and only by a Location that is a URL")
    func badRedirects() throws {
        for locations in [
            ["http://a:1/x", "http://a:1/x"],
            ["http://a:1/x", "http://b:1/x", "http://c:1/x", "http://d:1/x"],
            ["ftp://a/"], ["http://a@b@c/"], ["//"],
        ] {
            var talk = try Talk(load + "Expect: 100-continue\r\n\r\n")
            for location in locations {
                talk.connect()
                talk.backend(redirect(location))
            }
            #expect(talk.refusal == .redirectRefused, "\(locations)")
        }
    }

    @Test("A front end that asks for the body gets the whole request, on a new connection")
    func frontEndTakesBody() throws {
        var talk = try Talk(load + "Expect: 100-continue\r\n\r\n")
        talk.connect()
        talk.backend("HTTP/1.1 100 Continue\r\n\r\n")
        #expect(talk.dialed == [.anew])
        talk.connect()
        #expect(talk.toBackend.contains("Content-Length: 4\r\n"))
        #expect(talk.exchange != nil)
    }

    @Test("Another server is asked for only as long as nothing but heads was sent")
    func retries() throws {
        var talk = try Talk(load + "Expect: 100-continue\r\n\r\n")
        talk.connect()
        talk.backend(redirect("http://be:8040/x"))
        talk.dialFailed()
        #expect(talk.dialed.last == .anew)
        talk.connect()
        talk.backend(redirect("http://be:8040/x"))
        talk.connect()
        talk.backend("HTTP/1.1 100 Continue\r\n\r\n")
        talk.endOfBackend()
        #expect(talk.refusal == .badAnswer)
    }

    @Test("A front end that does not answer is replaced by another one, if nothing was carried out")
    func silentFrontEnd() throws {
        let reason = "did not answer a load's head within 60.0 seconds"
        var talk = try Talk(load + "Expect: 100-continue\r\n\r\n")
        talk.connect()
        talk.deadlinePassed()
        #expect(talk.dialed == [.another(reason: reason)] && talk.refusal == nil)
        talk.connect()
        talk.backend(redirect("http://be:8040/x"))
        #expect(talk.dialed.count == 2)
        var alone = try Talk(load + "Expect: 100-continue\r\n\r\n")
        alone.connect()
        alone.deadlinePassed()
        alone.dialFailed()
        #expect(alone.refusal == .answerTimeout, "there is no other one")
        talk.dialFailed(.redirectRefused)
        #expect(talk.refusal == .redirectRefused, "that was the other one's fault")
        var commit = try Talk("PUT /api/db/_stream_load_2pc HTTP/1.1\r\nHost: fe\r\n\r\n")
        commit.connect()
        commit.deadlinePassed()
        #expect(commit.dialed.isEmpty && commit.refusal == .answerTimeout)
    }

    @Test(
        "A kept connection that the backend has closed is tried once more, for what may be repeated"
    )
    func staleConnection() throws {
        var reading = try Talk("GET / HTTP/1.1\r\nHost: a\r\n\r\n", reusesBackend: true)
        reading.connect()
        reading.endOfBackend()
        #expect(reading.dialed == [.anew])
        reading.connect()
        reading.endOfBackend()
        #expect(reading.refusal == .badAnswer)
        var writing = try Talk("POST / HTTP/1.1\r\nHost: a\r\n\r\n", reusesBackend: true)
        writing.connect()
        writing.endOfBackend()
        #expect(writing.hasLeft)
    }

    @Test(
        "Rewritten redirects lead to the gateway, whose token leads to the server once the client is back"
    )
    func rewrite() throws {
        var terms = HTTPTerms()
        terms.mode = .rewrite
        var talk = try Talk(load + "Expect: 100-continue\r\n\r\n", terms)
        talk.connect()
        talk.backend(redirect("http://root:secret@be:8040/api/db/t/_stream_load?x=1"))
        let server = RedirectTarget(host: "be", port: 8040, usesTLS: false)
        #expect(talk.dialed == [.redirected(server)] && talk.toClient.isEmpty)
        talk.connect()
        #expect(talk.toBackend.isEmpty)
        let prefix =
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://fe:8030/api/db/t/_stream_load?x=1&sluice="
        #expect(talk.toClient.hasPrefix(prefix))
        #expect(!talk.toClient.contains("secret"))
        let token = talk.toClient.dropFirst(prefix.count).prefix { !$0.isNewline }
        let second = load.replacing("?x=%20", with: "?x=1&sluice=\(token)")
        var next = try Talk(second + "\r\nabcd", terms)
        #expect(
            next.plan.way
                == .direct(server, target: "/api/db/t/_stream_load?x=1")
        )
        next.connect()
        #expect(next.toBackend.hasPrefix("PUT /api/db/t/_stream_load?x=1 HTTP/1.1\r\n"))
        let disguised = second.replacing("/db/t/", with: "/harmless/x/")
        #expect(try Talk(disguised + "\r\n", terms).plan.record.database == "db")
        for method in ["GET", "DELETE"] {
            #expect(throws: HTTPRequestPlan.Denial.self) {
                try Talk(second.replacing("PUT ", with: "\(method) ") + "\r\n", terms)
            }
        }
        #expect(throws: HTTPRequestPlan.Denial.self) {
            try Talk(second + "\r\n", terms, seconds: 9_999)
        }
        #expect(throws: HTTPRequestPlan.Denial.self) {
            try Talk(second + "\r\n", terms, service: "x")
        }
    }

    @Test("A client is redirected to no server that it could not be led to")
    func rewriteToNowhere() throws {
        var terms = HTTPTerms()
        terms.mode = .rewrite
        var refused = try Talk(load + "Expect: 100-continue\r\n\r\n", terms)
        refused.connect()
        refused.backend(redirect("http://169.254.169.254/latest"))
        refused.dialFailed(.redirectRefused)
        #expect(refused.refusal == .redirectRefused && refused.toClient.isEmpty)
        // Another front end may name one that is up.
        var down = try Talk(load + "Expect: 100-continue\r\n\r\n", terms)
        down.connect()
        down.backend(redirect("http://be:8040/x"))
        down.dialFailed()
        #expect(down.dialed.last == .anew)
        down.connect()
        down.backend(redirect("http://be-2:8040/x"))
        down.connect()
        #expect(down.toClient.contains("Location: http://fe:8030/x?sluice="))
    }

    @Test("An error log's address and a list of backends name the gateway, if they are to")
    func rewrittenAnswers() throws {
        var terms = HTTPTerms()
        terms.mode = .follow
        terms.rewritesErrorURL = true
        terms.rewritesBackendList = true
        var talk = try Talk(load + "\r\nabcd", terms)
        talk.connect()
        talk.backend(redirect("http://be:8040/x"))
        talk.connect()
        talk.backend("HTTP/1.1 100 Continue\r\n\r\n")
        let json = #"{"Status":"Fail","ErrorURL":"http:\/\/be:8040\/api\/_load_error_log?file=1"}"#
        talk.backend("HTTP/1.1 200 OK\r\nContent-Length: \(json.utf8.count)\r\n\r\n\(json)")
        #expect(
            talk.toClient.contains(
                #""ErrorURL":"http://fe:8030/api/_load_error_log?file=1&sluice="#
            )
        )
        #expect(talk.end?.record.loadStatus == "Fail")
        var list = try Talk("GET /api/backends HTTP/1.1\r\nHost: gw.example:8030\r\n\r\n", terms)
        list.connect()
        let backends =
            #"{"data":{"backends":[{"ip":"10.0.0.1","http_port":8040,"is_alive":true}]}}"#
        list.backend("HTTP/1.1 200 OK\r\nContent-Length: \(backends.utf8.count)\r\n\r\n\(backends)")
        #expect(
            list.toClient.hasSuffix(
                #"{"data":{"backends":[{"ip":"gw.example","http_port":8030,"is_alive":true}]}}"#
            )
        )
    }

    @Test("Another protocol is passed on if the client has asked for it")
    func upgrade() throws {
        let head = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
        var talk = try Talk(head)
        talk.connect()
        talk.backend("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nhello")
        #expect(talk.isUpgraded)
        #expect(talk.toClient.hasSuffix("\r\n\r\nhello"))
        var other = try Talk("GET /ws HTTP/1.1\r\nHost: a\r\n\r\n")
        other.connect()
        other.backend("HTTP/1.1 101 Switching Protocols\r\n\r\n")
        #expect(other.refusal == .badAnswer)
    }

    @Test("HTTP/2 is not offered to the backend: no request would be read after it")
    func httpUpgrade() throws {
        let head =
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
            + "HTTP2-Settings: AAMAAABk\r\n\r\n"
        var talk = try Talk(head)
        talk.connect()
        #expect(!talk.toBackend.lowercased().contains("h2c"))
        #expect(!talk.toBackend.lowercased().contains("http2-settings"))
        talk.backend("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n")
        #expect(talk.refusal == .badAnswer)
    }

    @Test(
        "A load is recognized however its path is escaped",
        arguments: [
            "/api/db/t/_stream_loa%64", "/%61pi/db/t/_stream%5Fload", "/api/db/t/_STREAM_LOAD",
            "//api//db/t/_stream_load/", "/api/db/t/_stream_load;x=1",
            "/api/./db/x/../t/_stream_load",
            "/api/db/t/%2e/_stream_load", "http://fe/api/db/t/_stream_loa%64?x",
        ]
    )
    func escapedPath(target: String) throws {
        let talk = try Talk("PUT \(target) HTTP/1.1\r\nHost: fe\r\nContent-Length: 4\r\n\r\n")
        #expect(talk.plan.way == .asked)
        #expect(talk.plan.record.pathClass == .streamLoad)
        #expect(talk.plan.record.database == "db" && talk.plan.record.table == "t")
    }

    @Test(
        "What is not a load's path is passed on",
        arguments: [
            "/api/db/t/_stream_loa", "/api/db/t/_stream_load%", "/api/db/t/_stream_load%2", "/%",
            "/api/db/t/%255fstream_load", "/..", "/api/db/t/_stream_load/..",
            "/api/db%2ft/_stream_load",
        ]
    )
    func otherPath(target: String) throws {
        let talk = try Talk("PUT \(target) HTTP/1.1\r\nHost: fe\r\nContent-Length: 4\r\n\r\n")
        #expect(talk.plan.way == .plain)
    }

    @Test("Credentials in a Location do not reach the client, whatever has led there")
    func locations() throws {
        for (location, expected) in [
            ("http://root:p%40s@be:8040/x?a=b@c", "http://be:8040/x?a=b@c"), ("//u@h", "//h"),
            ("http://a:b@c@d/", "http://d/"), ("http://be/x@y", "http://be/x@y"),
            ("/x//u@h", "/x//u@h"),
        ] {
            for status in ["307 Temporary Redirect", "302 Found"] {
                var talk = try Talk("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
                talk.connect()
                talk.backend(
                    "HTTP/1.1 \(status)\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n"
                )
                #expect(talk.toClient.contains("\r\nLocation: \(expected)\r\n"), "\(location)")
                #expect(talk.end?.record.status != nil && talk.isComplete)
            }
        }
        var asked = try Talk(load + "Expect: 100-continue\r\n\r\n")
        asked.connect()
        asked.backend("HTTP/1.1 302 Found\r\nLocation: http://u:p@be/\r\nContent-Length: 0\r\n\r\n")
        #expect(asked.toClient.contains("\r\nLocation: http://be/\r\n"))
    }

    @Test("A front end that leads to HTTPS by the name it was asked for means itself")
    func httpsItself() throws {
        func server(_ host: String, _ location: String) throws -> DialTarget? {
            var talk = try Talk(load.replacing("Host: fe:8030", with: "Host: \(host)") + "\r\nabcd")
            talk.connect()
            talk.backend(redirect(location))
            return talk.dialed.last
        }
        let itself = DialTarget.redirected(RedirectTarget(host: "fe", port: 8050, usesTLS: true))
        let path = "/api/db/t/_stream_load?"
        #expect(try server("gw.example:8030", "https://gw.example:8050\(path)") == itself)
        #expect(try server("GW.example", "https://gw.EXAMPLE:8050\(path)") == itself)
        #expect(try server("[2001:DB8::1]:8030", "https://[2001:db8::1]:8050\(path)") == itself)
        #expect(try server("10.0.0.1:8030", "https://10.0.0.1:8050\(path)") == itself)
        #expect(
            try server("gw.example", "https://be:8050\(path)")
                == .redirected(RedirectTarget(host: "be", port: 8050, usesTLS: true))
        )
        #expect(
            try server("gw.example", "http://gw.example:8040\(path)")
                == .redirected(RedirectTarget(host: "gw.example", port: 8040, usesTLS: false))
        )
    }

    @Test(
        "A client of HTTP/1.0 gets a load's answer with a length; the back end is asked in HTTP/1.1"
    )
    func oldClient() throws {
        let old = load.replacing("HTTP/1.1", with: "HTTP/1.0")
        let chunked =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\nA\r\n{\"Status\":\r\n"
            + "a;x=1\r\n\"Success\"}\r\n0\r\n\r\n"
        let expected = "X: y\r\nContent-Length: 20\r\n"
        var talk = try Talk(old + "\r\nabcd")
        talk.connect()
        talk.backend(redirect("http://be:8040/x"))
        talk.connect()
        #expect(talk.toBackend.hasPrefix("PUT /x HTTP/1.1\r\n"))
        talk.backend("HTTP/1.1 100 Continue\r\n\r\n")
        talk.backend(chunked)
        #expect(talk.toClient == "HTTP/1.1 200 OK\r\n\(expected)\r\n{\"Status\":\"Success\"}")
        #expect(talk.end?.record.loadStatus == "Success")
        var early = try Talk(old + "\r\n")
        early.connect()
        early.backend(chunked)
        #expect(
            early.toClient
                == "HTTP/1.1 200 OK\r\n\(expected)Connection: close\r\n\r\n{\"Status\":\"Success\"}"
        )
    }

    @Test("An early answer whose error log's address was replaced has the new length")
    func earlyErrorLog() throws {
        var terms = HTTPTerms()
        terms.mode = .follow
        terms.rewritesErrorURL = true
        var talk = try Talk(load + "Expect: 100-continue\r\n\r\n", terms)
        talk.connect()
        let json = #"{"Status":"Fail","ErrorURL":"http://be:8040/api/_load_error_log?file=1"}"#
        talk.backend("HTTP/1.1 200 OK\r\nContent-Length: \(json.utf8.count)\r\n\r\n\(json)")
        let parts = talk.toClient.split(separator: "\r\n\r\n")
        #expect(parts.count == 2 && parts[1].contains("sluice="))
        #expect(parts[0].contains("\r\nContent-Length: \(parts[1].utf8.count)"))
        #expect(parts[0].contains("\r\nConnection: close"))
    }

    @Test("An answer is read alike however it arrives, and ends where its head says")
    func pieces() throws {
        let answers = [
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        ]
        for answer in answers {
            for cut in 1..<answer.utf8.count {
                var talk = try Talk("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                talk.connect()
                talk.backend(String(answer.prefix(cut)))
                talk.backend(String(answer.dropFirst(cut)))
                #expect(talk.toClient == answer, "cut at \(cut)")
                #expect(talk.isComplete, "cut at \(cut)")
                #expect(talk.end?.next != nil)
            }
        }
    }

    @Test("Only a front end may have a load forwarded, however it is written")
    func forwarding() {
        for target in [
            "/api/db/t/_stream_load_forward", "/api/db/t/_stream_load?forward_to=a:1",
            "/api/db/t/_stream_load?x=1&%66orward_to=a", "/api/db/t/%5fstream_load_forward?a",
            "/api/db/t/_STREAM_load_forward",
        ] {
            #expect(throws: HTTPRequestPlan.Denial.self, "\(target)") {
                try Talk("PUT \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
            }
        }
    }
}
