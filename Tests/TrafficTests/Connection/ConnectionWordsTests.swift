import Policy
import Testing
import Traffic

/// Dashboards and alerts are built on these words: a change of one breaks them.
@Suite("The terms of the access log and the metrics")
struct ConnectionWordsTests {
    @Test("The reasons of denials are these")
    func reasons() {
        let expected = [
            "linkClosed", "notInWhitelist", "deniedByRule", "untrustedProxySource",
            "badProxyHeader", "proxyHeaderTimeout", "unexpectedProxyHeader",
            "badTLSHandshake", "tlsHandshakeTimeout", "tlsRequired",
            "clientCertificateRequired", "badLogin", "unknownName", "contradictingNames", "noRoute",
            "noEndpoint", "unknownEndpoint", "endpointPendingAcceptance", "endpointPending",
            "endpointRejected",
            "endpointExpired", "endpointFailed", "endpointDeleting", "endpointDeleted",
            "endpointConnectionLimit", "notASource", "connectionLimit", "warehouseConnectionLimit",
            "serviceConnectionLimit", "sourceConnectionLimit", "sourceRateLimit",
            "malformedRequest",
            "forbiddenPath", "misdirectedRequest", "redirectRefused", "badAnswer", "answerTimeout",
            "noBackend", "noSourcePort",
        ]
        #expect(DenialReason.allCases.map(\.rawValue) == expected)
    }

    @Test("The ends of connections are these")
    func ends() {
        let expected = [
            "finished", "clientReset", "backendReset", "clientUnreachable", "backendUnreachable",
            "idleTimeout", "halfClosedTimeout", "clientWriteTimeout", "backendWriteTimeout",
            "bufferLimit", "drained", "denied",
            "revoked", "closedByOperator", "clientLeft", "probe", "resourceExhausted",
        ]
        #expect(ConnectionEnd.allCases.map(\.rawValue) == expected)
    }
}
