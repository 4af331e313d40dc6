import HummingbirdCore
import NIOCore

/// What the management address spends on its clients.
struct ManagementLimits: Sendable {
    /// Concurrent, fewer if descriptors are few; a new client takes the place of the one idle the
    /// longest.
    var connections = 64
    /// Large answers that are sent at the same time; another one ends the oldest of them.
    var largeAnswers = 4
    /// All headers of a request together, in bytes.
    var headerByteCount = 16_384
    /// Headers of a request.
    var headerCount = 100
    /// For a TLS handshake, from accept on.
    var handshake: Duration = .seconds(10)
    /// For a whole request head, and between two requests.
    var idle: Duration = .seconds(30)
    /// From accept on, whatever the client does; but for streamed answers.
    var lifetime: Duration = .seconds(120)
    /// For the client to take one piece of a streamed answer, of up to 256 KiB.
    var progress: Duration = .seconds(120)
    /// For answers that are under way when the server stops.
    var shutdown: Duration = .seconds(2)
}

extension ManagementLimits {
    /// HTTP/1.1 within these limits.
    ///
    /// - Parameters:
    ///   - room: where all channels have their places.
    ///   - largeAnswers: where the channels of large answers have theirs.
    func http(room: ConnectionRoom, largeAnswers: ConnectionRoom) -> HTTP1Channel.Configuration {
        let lifetime = TimeAmount(lifetime)
        return HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                ConnectionGuard(
                    room: room,
                    largeAnswers: largeAnswers,
                    lifetime: lifetime,
                    progress: TimeAmount(progress)
                )
            ],
            idleTimeout: TimeAmount(idle),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: headerByteCount,
                maxHeaderListSize: headerByteCount,
                maxHeaderFieldCount: headerCount
            )
        )
    }
}
