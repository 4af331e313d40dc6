import HTTPTypes
import Store
import Synchronization

/// All calls, so that a wrong method is told from a wrong path.
final class RouteTable: Sendable {
    struct Route: Hashable, Sendable {
        let method: HTTPRequest.Method
        let path: String
        /// `nil` if the call needs no key.
        let permission: Permission?
        let scope: APIRouter.Scope?
    }

    private let registered = Mutex<[Route]>([])

    var routes: [Route] { registered.withLock { $0 } }

    func add(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ permission: Permission? = nil,
        _ scope: APIRouter.Scope? = nil
    ) {
        let route = Route(method: method, path: path, permission: permission, scope: scope)
        registered.withLock { $0.append(route) }
    }

    /// The methods that a path has; empty if it is unknown.
    func methods(of path: String) -> [String] {
        let segments = path.split(separator: "/")
        let methods = routes.filter { Self.matches($0.path, segments) }.map(\.method.rawValue)
        return Set(methods + (methods.contains("GET") ? ["HEAD"] : [])).sorted()
    }

    private static func matches(_ pattern: String, _ segments: [Substring]) -> Bool {
        let parts = pattern.split(separator: "/")
        if parts.last == "**" {
            let prefix = parts.dropLast()
            return segments.count >= parts.count
                && zip(prefix, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        return parts.count == segments.count
            && zip(parts, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}
