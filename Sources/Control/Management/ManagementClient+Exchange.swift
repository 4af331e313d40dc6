import AsyncHTTPClient
import Credentials
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Operations
import Settings
import Text
import Time

/// What one attempt has brought.
private enum Attempt<Value: Sendable>: Sendable {
    case answer(Value)
    /// With the pause that the gateway wishes before the next one.
    case refusal(ManagementRefusal, pause: Duration?)
}

extension ManagementClient {
    /// The body of a successful response, and where it came from.
    func body(of request: ManagementRequest) async throws(ManagementClientError) -> (
        [UInt8], ManagementTarget.Route
    ) {
        let byteCount = limits.byteCount
        return try await exchange(request, isStream: false) { response in
            Array(buffer: try await response.body.collect(upTo: byteCount))
        }
    }

    /// Passes the body of a successful response to `write`, in pieces as they come.
    ///
    /// - Parameter write: may throw a ``SystemError``.
    package func stream(
        _ request: ManagementRequest,
        to write: @escaping @Sendable ([UInt8]) throws -> Void
    ) async throws(ManagementClientError) {
        _ = try await exchange(request, isStream: true) { response in
            for try await piece in response.body { try write(Array(buffer: piece)) }
        }
    }

    /// Sends the request until there is an answer that counts.
    private func exchange<Value: Sendable>(
        _ request: ManagementRequest,
        isStream: Bool,
        _ receive: @escaping @Sendable (HTTPClientResponse) async throws -> Value
    ) async throws(ManagementClientError) -> (Value, ManagementTarget.Route) {
        var routes = target.routes[...]
        var attempts = 0
        while let route = routes.first {
            attempts += 1
            let isLast = attempts >= limits.attempts
            do {
                switch try await attempt(request, on: route, isStream: isStream, receive) {
                case .answer(let value): return (value, route)
                case .refusal(let refusal, let pause):
                    guard let pause, !isLast, pause <= limits.pause else {
                        throw ManagementClientError.refused(refusal)
                    }
                    try await Task.sleep(for: pause)
                }
            } catch let error as ManagementClientError {
                throw error
            } catch  where error.isNobodyListening && routes.count > 1 {
                routes.removeFirst()
                attempts = 0
            } catch  where error.isLostConnection && request.method == .get && !isStream && !isLast
            {
                continue
            } catch {
                throw failure(error, at: route.text)
            }
        }
        throw .unreachable(address: "", reason: "no address")
    }

    private func attempt<Value: Sendable>(
        _ request: ManagementRequest,
        on route: ManagementTarget.Route,
        isStream: Bool,
        _ receive: @escaping @Sendable (HTTPClientResponse) async throws -> Value
    ) async throws -> Attempt<Value> {
        let (sent, limits) = (HTTPClientRequest(request, on: route), limits)
        let trust = route.usesTLS ? (target.trust, host: target.address?.host ?? "") : nil
        return try await withDeadline(isStream ? nil : limits.answer) {
            try await sent.execute(limits, trust) { response in
                if response.status.isAnswer { return .answer(try await receive(response)) }
                let body = try await response.body.collect(upTo: limits.byteCount)
                let refusal = ManagementRefusal(
                    response.status,
                    Array(buffer: body),
                    hadKey: route.key != nil
                )
                guard let refusal else {
                    if Array(buffer: body).elementsEqual(PlainHTTPRefusal.text.utf8) {
                        throw ManagementClientError.needsTLS(address: route.text)
                    }
                    throw ManagementClientError.unexpectedAnswer(address: route.text)
                }
                return .refusal(refusal, pause: response.pause)
            }
        }
    }

    /// The client's own deadline ends with the response's head.
    private func withDeadline<Response: Sendable>(
        _ deadline: Duration?,
        _ request: @escaping @Sendable () async throws -> Response
    ) async throws -> Response {
        guard let deadline else { return try await request() }
        return try await withThrowingTaskGroup { group in
            group.addTask { try await request() }
            group.addTask {
                try await Task.sleep(for: deadline)
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }
}

extension HTTPClientRequest {
    fileprivate init(_ request: ManagementRequest, on route: ManagementTarget.Route) {
        self.init(url: route.base + request.target)
        method = HTTPMethod(rawValue: request.method.rawValue)
        // A socket's path is not a host.
        if case .socket = route { headers.add(name: "Host", value: "localhost") }
        headers.add(name: "User-Agent", value: "sluice/\(Version.current)")
        switch route.key {
        case let token? where token.hasPrefix(SecretToken.Kind.session.rawValue):
            headers.add(name: "Authorization", value: "Bearer \(token)")
        case let key?: headers.add(name: "X-API-Key", value: key)
        case nil: break
        }
        if request.method != .get { headers.add(name: "RequestId", value: request.id) }
        if let id = request.lastEventID { headers.add(name: "Last-Event-ID", value: "\(id)") }
        if let body = request.body {
            headers.add(name: "Content-Type", value: "application/json")
            self.body = .bytes(ByteBuffer(string: body.text))
        }
    }

    /// Sends the request on a connection of its own.
    ///
    /// - Parameter trust: with the host that is expected; `nil` without TLS.
    fileprivate func execute<Value: Sendable>(
        _ limits: ManagementClient.Limits,
        _ trust: (ManagementTrust, host: String)?,
        _ receive: @escaping @Sendable (HTTPClientResponse) async throws -> Value
    ) async throws -> Value {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(
                connect: TimeAmount(limits.connect),
                // A response may be a stream: the deadline for its whole is another.
                read: TimeAmount(limits.answer)
            )
        )
        configuration.httpVersion = .http1Only
        if let (trust, host) = trust { try trust.apply(to: &configuration, host: host) }
        // A gateway that is not there is reported at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            try await receive(try await client.execute(self, deadline: .distantFuture))
        }
    }
}

extension HTTPResponseStatus {
    /// 202 means that an earlier attempt is still under way.
    fileprivate var isAnswer: Bool { (200..<300).contains(code) && self != .accepted }
}

extension HTTPClientResponse {
    /// How long to wait before the request is sent again; `nil` if that would not help. Only seconds
    /// are understood (RFC 9110 §10.2.3).
    fileprivate var pause: Duration? {
        guard [.accepted, .tooManyRequests, .serviceUnavailable].contains(status) else {
            return nil
        }
        return .seconds(headers.first(name: "Retry-After").flatMap { UInt32($0) } ?? 1)
    }
}

extension ManagementRefusal {
    /// - Returns: `nil` if `body` is not a gateway's.
    fileprivate init?(_ status: HTTPResponseStatus, _ body: [UInt8], hadKey: Bool) {
        // `try?`: what is not JSON is not a gateway's.
        guard let envelope = try? JSONValue(parsing: body), envelope["success"] != nil else {
            return nil
        }
        let inFlight = status == .accepted ? "The same request is still in progress." : nil
        guard let message = envelope["message"]?.string ?? inFlight else { return nil }
        self.init(
            status: Int(status.code),
            code: envelope["code"]?.string,
            message: message,
            data: envelope["data"]
        )
        self.hadKey = hadKey
    }
}
