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
    measure("HTTP: a chunked body is read", each: [chunks]) { bytes in
        var body = BodyLength.chunked
        let count = try body.receive(bytes.span)
        require(body.isComplete, "a body has no end")
        return count
    }
}
