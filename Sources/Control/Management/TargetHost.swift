import NIOCore
import NIOHTTP1

/// Turns the host of a target that is a whole URI (RFC 9112 §3.2.2) into one more Host field: what
/// reads the request afterwards drops it, and it must be checked like the others.
final class TargetHost: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data), let host = Self.host(of: head.uri)
        else {
            return context.fireChannelRead(data)
        }
        head.headers.add(name: "Host", value: host)
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// The authority of a URI; `nil` if it is a path.
    static func host(of target: String) -> String? {
        guard target.first != "/", let start = target.firstRange(of: "://")?.upperBound else {
            return nil
        }
        return String(target[start...].prefix { !"/?#".contains($0) })
    }
}
