import HTTPProtocol

/// As nginx answers a small request.
private let response = Array(
    """
    HTTP/1.1 200 OK\r
    Server: nginx/1.22.1\r
    Date: Sat, 28 Nov 2026 18:00:00 GMT\r
    Content-Type: text/plain\r
    Content-Length: 13\r
    Connection: keep-alive\r
    \r
    Hello, world!
    """.utf8
)

/// As curl asks a gateway to begin a stream load.
private let request = Array(
    """
    PUT /api/sales/orders/_stream_load HTTP/1.1\r
    Host: doris.example.com:8030\r
    Authorization: Basic bG9hZGVyOnNlY3JldA==\r
    User-Agent: curl/7.88.1\r
    Accept: */*\r
    label: orders-2027-01-31\r
    column_separator: ,\r
    Expect: 100-continue\r
    Content-Length: 52428800\r
    \r

    """.utf8
)

private let chunks = Array(
    "d\r\nHello, world!\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n".utf8
)

func measureHTTP() {
    measure("HTTP: a response is read", each: [response]) { bytes in
        var parser = HTTPResponseParser()
        let progress = try parser.receive(bytes.span)
        require(progress != .incomplete, "a response has no end")
        return progress
    }
    measure("HTTP: a request's head is read", each: [request]) { bytes in
        var reader = HTTPRequestReader()
        let read = try reader.receive(bytes.span)
        require(read?.head.expectsContinue == true, "a request has no end")
        return read?.consumed
    }
    measure("HTTP: a request's head is rewritten", each: [request]) { bytes in
        var reader = HTTPRequestReader()
        guard let (head, _) = try reader.receive(bytes.span) else { return 0 }
        let field = (name: "X-Forwarded-For", value: "192.0.2.1")
        return head.rewritten(removing: head.isHopByHop, adding: [field]).count
    }
    measure("HTTP: an answer's head is read", each: [response]) { bytes in
        var reader = HTTPAnswerReader()
        let read = try reader.receive(bytes.span)
        require(read?.head.contentLength == 13, "an answer has no end")
        return read?.consumed
    }
    measure("HTTP: a chunked body is read", each: [chunks]) { bytes in
        var body = BodyLength.chunked
        let count = try body.receive(bytes.span)
        require(body.isComplete, "a body has no end")
        return count
    }
}
