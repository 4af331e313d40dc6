import Addresses
import AsyncHTTPClient
import Credentials
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Operations
import Settings
import Sockets
import Store
import Text
import Time

/// Sends one message to one receiver, on a connection of its own, and reads whether it was accepted.
struct WebhookExchange: Sendable {
    struct Limits: Sendable {
        /// For a name, for a connection, and for the head of the answer, each.
        var step = Duration.seconds(5)
        /// For the body of the answer, which is not needed.
        var body = Duration.seconds(1)
        /// Of the body that is read, so that receivers that insist can write it.
        var byteCount = 4_096
    }

    /// How it ended.
    struct Answer: Hashable, Sendable {
        /// Of HTTP.
        var status: Int?
        /// `nil` if the message was accepted.
        var error: String?

        var result: DeliveryQueue.Result {
            error == nil ? .delivered : status == 410 ? .gone : .failed
        }
    }

    var limits = Limits()
    var lookUp: ReceiverNames.LookUp = ReceiverNames.system
    /// A file with the certificates that a receiver's is checked against; `nil` for the system's.
    var authorityFile: String?

    /// - Parameters:
    ///   - names: of the receiver.
    ///   - attempt: from 1; the receiver's addresses take turns.
    func send(
        _ message: NoticeMessage,
        to webhook: Webhook,
        _ names: ReceiverNames,
        _ policy: ReceiverPolicy,
        attempt: Int
    ) async -> Answer {
        let url: ReceiverURL
        do throws(ReceiverURL.Refusal) {
            url = try ReceiverURL(parsing: webhook.url)
        } catch {
            return Answer(error: "invalid URL: \(error)")
        }
        do {
            let all = try await names.addresses(of: url, within: limits.step)
            let address = try Self.choose(all, policy, attempt)
            let request = try Self.request(message, to: webhook, url)
            return try await post(request, to: address, of: url)
        } catch {
            return Answer(error: words(for: error, of: url))
        }
    }

    /// One of the addresses that may be used.
    private static func choose(
        _ all: [IPAddress],
        _ policy: ReceiverPolicy,
        _ attempt: Int
    ) throws -> IPAddress {
        let usable = all.filter { policy.refusal(of: $0) == nil }
        guard !usable.isEmpty else {
            let refused = all.first.map { "\($0) is \(policy.refusal(of: $0) ?? "not usable")" }
            throw RefusedAddress(description: refused ?? "the name has no address")
        }
        return usable[(attempt - 1) % usable.count]
    }

    private struct RefusedAddress: Error {
        let description: String
    }

    private static func request(
        _ message: NoticeMessage,
        to webhook: Webhook,
        _ url: ReceiverURL
    ) throws -> HTTPClientRequest {
        let body = try JSONText.of(message)
        let now = UnixTime.systemTime
        let signature = webhook.secret.signature(of: NoticeMessage.signedText(body, at: now))
        var request = HTTPClientRequest(url: url.text)
        request.method = .POST
        for (name, value) in [
            ("Content-Type", "application/json"), ("User-Agent", "sluice/\(Version.current)"),
            ("Sluice-Delivery", message.deliveryId),
            ("Sluice-Signature", "t=\(now.seconds),v1=\(signature)"),
        ] {
            request.headers.add(name: name, value: value)
        }
        request.body = .bytes(ByteBuffer(string: body))
        return request
    }

    private func post(
        _ request: HTTPClientRequest,
        to address: IPAddress,
        of url: ReceiverURL
    ) async throws -> Answer {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let authorityFile { tls.trustRoots = .file(authorityFile) }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(
                connect: TimeAmount(limits.step),
                read: TimeAmount(limits.step)
            )
        )
        if url.isSecure { configuration.requireCertificate(for: url.host) }
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        // The name is not resolved again: what was checked is what is connected to. TLS still checks
        // the name.
        configuration.dnsOverride = [url.host: address.description]
        let limits = limits
        return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            let response = try await client.execute(request, timeout: TimeAmount(limits.step))
            await Self.discard(response.body, limits)
            let status = Int(response.status.code)
            guard (200..<300).contains(status) else {
                let more = (300..<400).contains(status) ? " (redirects are not followed)" : ""
                return Answer(status: status, error: "HTTP status \(status)\(more)")
            }
            return Answer(status: status)
        }
    }

    /// Reads a little of a body: the status has decided.
    private static func discard(_ body: HTTPClientResponse.Body, _ limits: Limits) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var count = 0
                do {
                    for try await piece in body {
                        count += piece.readableBytes
                        if count > limits.byteCount { return }
                    }
                } catch {
                    // Nothing depends on it.
                }
            }
            group.addTask {
                // `try?`: it throws if the task is cancelled.
                try? await Task.sleep(for: limits.body)
            }
            await group.next()
            group.cancelAll()
        }
    }
}

// MARK: - Errors

extension WebhookExchange {
    /// For people. What the receiver has sent is not in it.
    private func words(for error: any Error, of url: ReceiverURL) -> String {
        if let reason = error.tlsReason(host: url.host) { return reason }
        return switch error {
        case let error as RefusedAddress:
            "not sent: \(error.description) (list it in management.notices.allowed if that is"
                + " intended)"
        case let error as ReceiverNames.Failure: "cannot resolve the name: \(error.description)"
        case let error as NIOConnectionError:
            error.connectionErrors.last.map { words(for: $0.error, of: url) } ?? "cannot connect"
        case let error as IOError: SystemError(code: error.errnoCode).description
        case ChannelError.connectTimeout: words(for: HTTPClientError.connectTimeout)
        case is HTTPParserError: "the answer is not HTTP"
        case let error as HTTPClientError: words(for: error)
        case is CancellationError: "the gateway is stopping"
        default: "connection lost (\(type(of: error)))"
        }
    }

    private func words(for error: HTTPClientError) -> String {
        switch error {
        case .deadlineExceeded, .readTimeout:
            "no response within \(limits.step.configurationText)"
        case .connectTimeout: "connect timed out after \(limits.step.configurationText)"
        case .remoteConnectionClosed: "connection closed without a response"
        default: error.shortDescription
        }
    }
}
