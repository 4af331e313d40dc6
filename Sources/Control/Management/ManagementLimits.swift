import HummingbirdCore
import NIOCore

/// What the management address spends on its clients, whoever they are.
struct ManagementLimits: Sendable {
    /// At the same time; the next ones wait in the backlog. A few more may slip in at once, for
    /// several are taken from the backlog in one turn.
    var connections = 64
    /// All headers of a request together, in bytes.
    var headerByteCount = 16_384
    /// Headers of a request.
    var headerCount = 100
    /// For a whole request head, and between two requests.
    var idle: Duration = .seconds(30)
    /// From accept on, whatever the client does.
    var lifetime: Duration = .seconds(120)
    /// For answers that are under way when the server stops.
    var shutdown: Duration = .seconds(2)
}

extension ManagementLimits {
    /// HTTP/1.1 within these limits.
    var http: HTTP1Channel.Configuration {
        let lifetime = TimeAmount(lifetime)
        return HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionLifetime(lifetime)],
            idleTimeout: TimeAmount(idle),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: headerByteCount,
                maxHeaderListSize: headerByteCount,
                maxHeaderFieldCount: headerCount
            )
        )
    }
}
