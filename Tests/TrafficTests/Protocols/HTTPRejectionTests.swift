import Addresses
import Policy
import Testing
import Traffic

@Suite("HTTP rejections")
struct HTTPRejectionTests {
    private func response(_ reason: DenialReason) -> (head: String, body: String) {
        let client = IPAddress.v4(IPv4Address(203, 0, 113, 7))
        let bytes = ServiceProtocol.http.error(for: reason, client: client)
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }

    @Test("A client outside the whitelist gets 403 with JSON in the API's form, and the end")
    func forbidden() {
        let (head, body) = response(.notInWhitelist)
        #expect(head.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
        #expect(head.contains("\r\nContent-Type: application/json\r\n"))
        #expect(head.hasSuffix("\r\nConnection: close"))
        let message = "Host '203.0.113.7' is not allowed to connect to this warehouse: "
        #expect(
            body == #"{"success":false,"code":"AccessDenied","message":""#
                + "\(message)this address is not in the whitelist"
                + #"","client":"203.0.113.7","reason":"notInWhitelist"}"# + "\n"
        )
    }

    @Test("The length is the body's", arguments: DenialReason.allCases)
    func length(reason: DenialReason) {
        let (head, body) = response(reason)
        #expect(head.contains("\r\nContent-Length: \(body.utf8.count)\r\n"))
    }

    @Test("A source over its limit gets 429, a full gateway or no backend 503, each with a delay")
    func retry() {
        for reason in [DenialReason.sourceConnectionLimit, .sourceRateLimit] {
            #expect(response(reason).head.hasPrefix("HTTP/1.1 429 Too Many Requests\r\n"))
        }
        for reason in [DenialReason.connectionLimit, .warehouseConnectionLimit, .noBackend] {
            #expect(response(reason).head.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
            #expect(response(reason).head.contains("\r\nRetry-After: 1\r\n"))
        }
        #expect(!response(.linkClosed).head.contains("Retry-After"))
    }

    @Test(
        "A request that cannot be answered gets its own status and code, and no delay",
        arguments: [
            (DenialReason.malformedRequest, "400 Bad Request", "BadRequest"),
            (.forbiddenPath, "403 Forbidden", "ForbiddenPath"),
            (.misdirectedRequest, "421 Misdirected Request", "MisdirectedRequest"),
            (.redirectRefused, "502 Bad Gateway", "BadGateway"),
            (.badAnswer, "502 Bad Gateway", "BadGateway"),
            (.answerTimeout, "504 Gateway Timeout", "GatewayTimeout"),
        ]
    )
    func requests(reason: DenialReason, status: String, code: String) {
        let (head, body) = response(reason)
        #expect(head.hasPrefix("HTTP/1.1 \(status)\r\n"))
        #expect(body.hasPrefix(#"{"success":false,"code":"\#(code)","message":""#))
        #expect(body.contains(#""reason":"\#(reason.rawValue)""#))
        #expect(!head.contains("Retry-After"))
        #expect(!body.contains("is not allowed to connect"), "the client itself is admitted")
    }
}
