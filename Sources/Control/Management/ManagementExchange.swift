import NIOCore
import NIOHTTP1
import NIOPosix
import Settings
import Sockets
import Text

/// One HTTP/1.1 request and its response, on a connection of its own and within limits.
struct ManagementExchange: Sendable {
    enum Method: String {
        case get = "GET"
        case delete = "DELETE"
        case put = "PUT"
    }

    /// Limits of a response.
    struct Limits: Sendable {
        /// To find the host and to connect.
        var connect: Duration = .seconds(5)
        /// For the whole answer, once connected.
        var answer: Duration = .seconds(30)
        /// Of an answer's body: more than the longest list of sessions has.
        var byteCount = 64 << 20
    }

    /// Why there is no readable response.
    enum Failure: Error {
        /// - Parameter reason: a clause for people, without the words of a library.
        case unreachable(reason: String)
        /// What answers does not speak HTTP.
        case unexpectedAnswer
        /// The answer is a refusal.
        case refused(String)
    }

    let host: String
    let port: UInt16
    /// `host:port`, as the header names it.
    let authority: String
    var limits = Limits()

    /// - Parameter path: without the first slash.
    func send(_ method: Method, path: String, query: [(key: String, value: String)])
        async throws(Failure) -> (status: Int, body: [UInt8])
    {
        let words = query.map { "\($0.key.percentEncoded)=\($0.value.percentEncoded)" }
        let target = "/\(path)" + (words.isEmpty ? "" : "?" + words.joined(separator: "&"))
        do {
            guard let answer = try await answer(to: method, target) else {
                throw Failure.unreachable(reason: "connection closed without a response")
            }
            return (Int(answer.head.status.code), answer.body.map { Array(buffer: $0) } ?? [])
        } catch {
            throw failure(error)
        }
    }

    private func answer(to method: Method, _ target: String) async throws
        -> NIOHTTPClientResponseFull?
    {
        let channel = try await connected()
        let pipeline = channel.channel.pipeline
        let deadline = channel.channel.eventLoop.scheduleTask(in: TimeAmount(limits.answer)) {
            pipeline.fireErrorCaught(TooLate())
        }
        defer { deadline.cancel() }
        return try await channel.executeThenClose { answers, requests in
            let headers = HTTPHeaders([("Host", authority), ("Connection", "close")])
            let head = HTTPRequestHead(
                version: .http1_1,
                method: HTTPMethod(rawValue: method.rawValue),
                uri: target,
                headers: headers
            )
            try await requests.write(contentsOf: [.head(head), .end(nil)])
            return try await answers.first { _ in true }
        }
    }

    private func connected() async throws
        -> NIOAsyncChannel<NIOHTTPClientResponseFull, HTTPClientRequestPart>
    {
        let byteCount = limits.byteCount
        return try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(TimeAmount(limits.connect))
            .connect(host: host, port: Int(port)) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(
                        NIOHTTPClientResponseAggregator(maxContentLength: byteCount)
                    )
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
    }
}

extension ManagementExchange {
    /// The answer's time is over.
    private struct TooLate: Error {}

    private func failure(_ error: any Error) -> Failure {
        switch error {
        case let failure as Failure: failure
        case is TooLate:
            .unreachable(reason: "no response within \(limits.answer.configurationText)")
        case is NIOHTTPObjectAggregatorError:
            .unreachable(reason: "response larger than \(limits.byteCount >> 20) MiB")
        case HTTPParserError.invalidEOFState:
            .unreachable(reason: "connection closed in the middle of the response")
        case is HTTPParserError: .unexpectedAnswer
        default: .unreachable(reason: reason(for: error))
        }
    }

    private func reason(for error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.last.map { reason(for: $0.error) }
                ?? "the name \(host) has no address"
        case let error as IOError:
            SystemError(code: error.errnoCode).description
        case ChannelError.connectTimeout:
            "connect timed out after \(limits.connect.configurationText)"
        default: "connection lost"
        }
    }
}
