import FoundationEssentials
package import Operations
import Text

/// Queries a running gateway over its local socket or its management address, with one connection
/// per attempt. Proxy environment variables are ignored: they are for outgoing traffic.
///
///     let status: ManagementClient.Answer<GatewayStatus> = try await client.get("v1/status")
package struct ManagementClient: Sendable {
    /// Limits of a response.
    package struct Limits: Sendable {
        /// To find the host and to connect.
        package var connect: Duration = .seconds(5)
        /// For the whole response, from the start of the request; of a streamed one for each piece.
        package var answer: Duration = .seconds(30)
        /// Of the body: more than the longest list of sessions has.
        var byteCount = 64 << 20
        /// How often a request is sent at most.
        package var attempts = 3
        /// The longest pause that the gateway may request between attempts.
        var pause: Duration = .seconds(30)

        package init() {}
    }

    /// A gateway's answer, decoded and as JSON.
    package struct Answer<Value: Sendable>: Sendable {
        package var value: Value
        /// The bodies, one for each page.
        var bodies: [[UInt8]]
        /// How many elements are shown of a list.
        var limit = Int.max
    }

    let target: ManagementTarget
    let limits: Limits

    package init(_ target: ManagementTarget, limits: Limits = Limits()) {
        self.target = target
        self.limits = limits
    }

    package init(_ address: ManagementAddress) {
        self.init(ManagementTarget(address))
    }

    /// The gateway's status now.
    package func status() async throws(ManagementClientError) -> Answer<GatewayStatus> {
        try await get("v1/status")
    }

    /// The resource at `path`.
    package func get<Value: Decodable & Sendable>(
        _ path: String,
        query: [(key: String, value: String)] = []
    ) async throws(ManagementClientError) -> Answer<Value> {
        try await send(.get(path, query: query))
    }

    /// The answer to any request. An answer without `data` counts as an empty object.
    package func send<Value: Decodable & Sendable>(
        _ request: ManagementRequest
    ) async throws(ManagementClientError) -> Answer<Value> {
        let (body, route) = try await body(of: request)
        // `try?`: without an envelope it is not a gateway's response.
        guard let envelope = try? JSONDecoder().decode(Envelope<Value>.self, from: Data(body)),
            let value = envelope.data ?? Self.empty()
        else { throw .unexpectedAnswer(address: route.text) }
        return Answer(value: value, bodies: [body])
    }

    private static func empty<Value: Decodable>() -> Value? {
        // `try?`: a value that has to have fields is missing.
        try? JSONDecoder().decode(Value.self, from: Data("{}".utf8))
    }

    private struct Envelope<Value: Decodable>: Decodable {
        let data: Value?
    }
}

// MARK: - Lists

extension ManagementClient {
    /// A list, or the part of it that was requested.
    package struct Listing<Element: Sendable>: Sendable {
        package var elements: [Element]
        /// How many there are.
        package var total: Int

        package init(elements: [Element], total: Int) {
            self.elements = elements
            self.total = total
        }
    }

    /// The most elements that a page has.
    private static var pageSize: Int { 1_000 }

    /// The first `limit` elements of a list, of as many pages as that takes.
    ///
    /// - Parameters:
    ///   - isPaged: whether the gateway answers the list in pages.
    ///   - keepsJSON: whether the answer can also be printed as JSON.
    package func list<Element: Decodable & Sendable>(
        _ path: String,
        query: [(key: String, value: String)] = [],
        isPaged: Bool = true,
        keepsJSON: Bool = true,
        limit: Int
    ) async throws(ManagementClientError) -> Answer<Listing<Element>> {
        var listing = Listing<Element>(elements: [], total: 0)
        var bodies: [[UInt8]] = []
        try await forEachPage(path, query: query, isPaged: isPaged, limit: limit) { body in
            // `try?`: without an envelope it is not a gateway's response.
            guard let page = try? JSONDecoder().decode(Page<Element>.self, from: Data(body)) else {
                return nil
            }
            if keepsJSON { bodies.append(body) }
            listing.elements += page.data
            // A list without pages has no total.
            listing.total = page.total ?? listing.elements.count
            return (page.data.count, page.total)
        }
        listing.elements = Array(listing.elements.prefix(limit))
        return Answer(value: listing, bodies: bodies, limit: limit)
    }

    /// The first `limit` elements of a list, a page after the other: only one is in memory.
    ///
    /// - Parameter use: is given the elements of a page, and how many there are in all.
    package func forEachPage<Element: Decodable & Sendable>(
        of path: String,
        query: [(key: String, value: String)] = [],
        limit: Int,
        _ use: ([Element], _ total: Int) -> Void
    ) async throws(ManagementClientError) {
        var count = 0
        try await forEachPage(path, query: query, isPaged: true, limit: limit) { body in
            // `try?`: without an envelope it is not a gateway's response.
            guard let page = try? JSONDecoder().decode(Page<Element>.self, from: Data(body)) else {
                return nil
            }
            use(Array(page.data.prefix(limit - count)), page.total ?? page.data.count)
            count += page.data.count
            return (page.data.count, page.total)
        }
    }

    /// Requests pages until there are `limit` elements, or no more.
    ///
    /// - Parameter use: is given each response; returns how many elements it has and how many there
    ///   are in all, or `nil` if it is not a gateway's response.
    func forEachPage(
        _ path: String,
        query: [(key: String, value: String)],
        isPaged: Bool,
        limit: Int,
        _ use: ([UInt8]) -> (count: Int, total: Int?)?
    ) async throws(ManagementClientError) {
        let size = max(1, min(limit, Self.pageSize))
        var (number, count, total) = (0, 0, 0)
        repeat {
            number += 1
            let place =
                isPaged ? [(key: "page", value: "\(number)"), (key: "size", value: "\(size)")] : []
            let (body, route) = try await self.body(of: .get(path, query: query + place))
            guard let page = use(body) else { throw .unexpectedAnswer(address: route.text) }
            if page.count == 0 { return }
            count += page.count
            total = page.total ?? count
        } while count < min(limit, total)
    }

    private struct Page<Element: Decodable>: Decodable {
        let data: [Element]
        let total: Int?
    }
}
