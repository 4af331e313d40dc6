import Dispatch
import HTTPTypes
import Hummingbird
import NIOCore

/// Answers that may be large: written in pieces, as fast as their clients read them, and only a few
/// at a time, for each holds what it has yet to write.
///
/// A client that reads slowly must not keep others from theirs: one more large answer ends the
/// oldest of them.
struct LargeAnswers: Sendable {
    /// Responses up to this size are sent as a whole, and take no place: what a page of the console
    /// is made of. In bytes.
    private static let wholeByteCount = 262_144
    private static let pieceByteCount = 65_536
    /// A list with more elements is large.
    private static let smallListCount = 1_000

    /// A channel's place ends with its answer.
    let room: ConnectionRoom

    /// A text as a whole answer.
    func text(_ text: String, type: String, on channel: any Channel) -> Response {
        let buffer = ByteBuffer(string: text)
        guard buffer.readableBytes > Self.wholeByteCount else {
            return .text(text, type: type)
        }
        room.enter(channel, .waiting)
        let body = ResponseBody(contentLength: buffer.readableBytes) { writer in
            var rest = buffer
            while let piece = rest.readSlice(length: min(rest.readableBytes, Self.pieceByteCount)),
                piece.readableBytes > 0
            {
                try await writer.write(piece)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: .uncached(type), body: body)
    }

    /// Creates a response under `/v1` whose data is an object with a list. One with few elements is
    /// sent as in ``text(_:type:on:)``.
    ///
    /// - Parameters:
    ///   - count: elements that the list may have; if that is many, the response takes a place
    ///     among the large ones before `make` is called.
    func object(
        id: String,
        count: Int,
        on channel: any Channel,
        _ make: () async -> [JSONMember]
    ) async throws -> Response {
        if count > Self.smallListCount { room.enter(channel, .waiting) }
        let pieces = JSONPieces(
            opening: #"{"data":{"#,
            members: await make(),
            closing: #"},"requestId":"\#(id)","success":true}"# + "\n"
        )
        guard pieces.elementCount > Self.smallListCount else {
            var whole = ""
            try await pieces.write { whole += $0 }
            return text(whole, type: "application/json", on: channel)
        }
        let body = ResponseBody { writer in
            try await pieces.write { try await writer.write(ByteBuffer(string: $0)) }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: .uncached("application/json"), body: body)
    }
}

extension HTTPFields {
    /// For a response about the current state.
    ///
    /// A browser takes it for nothing else than it is, and gives it to no page of another origin:
    /// cookies do not know ports, so those of another port would get what is somebody's.
    static func uncached(_ type: String) -> HTTPFields {
        var fields: HTTPFields = [.contentType: type, .cacheControl: "no-store"]
        if let name = HTTPField.Name("X-Content-Type-Options") { fields[name] = "nosniff" }
        if let name = HTTPField.Name("Cross-Origin-Resource-Policy") {
            fields[name] = "same-origin"
        }
        return fields
    }
}

/// Builds expensive pages one at a time, on a thread of its own: the few threads that all tasks
/// share stay free to accept clients and to answer cheap requests.
struct PageQueue: Sendable {
    private let queue = DispatchQueue(label: "sluice.pages")

    func build<Page: Sendable>(
        _ page: @escaping @Sendable () throws -> Page
    ) async throws -> Page {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try page() }) }
        }
    }
}
