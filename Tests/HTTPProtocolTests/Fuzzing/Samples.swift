/// Valid messages, to be changed.
enum Samples {
    static let requests = [
        "GET http://b.gw.example:80/x HTTP/1.1\r\nAccept: */*\r\nHost: b.gw.example:80\r\n\r\n",
        """
        \r\nPUT /api/db/t/_stream_load HTTP/1.1\r\nHost: A.gw.example.:8030\r\nlabel: x\r\n\
        Expect: 100-continue\r\nContent-Length: 4\r\n\r\nbody
        """,
        "GET / HTTP/1.0\r\nUser-Agent: x\r\n\r\nGET / HTTP/1.0\r\n\r\n",
        """
        POST /q?a=b HTTP/1.1\r\nHost: [2001:db8::1]:8030\r\nTransfer-Encoding: chunked\r\n\
        Connection: Keep-Alive, X-Y\r\nX-Y: 1\r\n\r\n0\r\n\r\n
        """,
        "OPTIONS * HTTP/1.1\r\nHost:\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    ].map { Array($0.utf8) }

    static let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\n\r\nhello",
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://be:8040/x\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 \r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 404 Not Found\r\n\r\n",
    ].map { Array($0.utf8) }

    static let bodies = [
        "5\r\nhello\r\n0\r\n\r\nnext", "1a;x=\"y\\\"z\"\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n",
        "0;a\r\nT: 1\r\nU:2\r\n\r\n", "0000005\r\n\r\n\r\n\r\n\r\n2\r\n0\r\r\n0\r\n\r\n",
    ].map { Array($0.utf8) }
}
