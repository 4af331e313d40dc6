import Glibc
import Synchronization

/// A DNS server that answers as the test says, or not at all (RFC 1035 §4).
final class NameServer: Sendable {
    enum Answer: Equatable {
        /// IPv4 addresses.
        case addresses([String])
        /// There is no such name.
        case unknown
        /// The query waits for another answer to be set.
        case silence
    }

    fileprivate struct Query {
        var bytes: [UInt8]
        var peer: sockaddr_in
        var name = ""
        /// Where the question ends.
        var end = 0
        var isForIPv4 = false
    }

    private let descriptor: Int32
    private let answers = Mutex<[String: Answer]>([:])
    private let asked = Mutex<[String: Int]>([:])
    private let waiting = Mutex<[Query]>([])

    /// - Parameter host: where it listens, on port 53.
    init(at host: String) throws {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw SocketError("socket") }
        let bound = unsafe Endpoint(host, 53).withSocketAddress {
            unsafe bind(descriptor, $0, $1)
        }
        guard bound == 0 else { throw SocketError("bind to \(host):53") }
        // So that the thread notices when nobody needs the server any longer.
        let limit = timeval(tv_sec: 0, tv_usec: 200_000)
        unsafe withUnsafeBytes(of: limit) {
            let length = socklen_t($0.count)
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, $0.baseAddress, length)
        }
        inThread { [weak self] in
            while let server = self { server.serve() }
        }
    }

    deinit {
        close(descriptor)
    }

    /// What is said of a name from now on, also to queries that wait; of all others, that there is
    /// none.
    subscript(name: String) -> Answer {
        get { answers.withLock { $0[name] ?? .unknown } }
        set {
            answers.withLock { $0[name] = newValue }
            let queries = waiting.withLock { queries in
                defer { queries.removeAll { $0.name == name } }
                return queries.filter { $0.name == name }
            }
            queries.forEach(answer)
        }
    }

    /// How often a name was asked for, answered or not.
    func queryCount(of name: String) -> Int { asked.withLock { $0[name, default: 0] } }

    private func serve() {
        var bytes = [UInt8](repeating: 0, count: 512)
        var peer = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = unsafe withUnsafeMutablePointer(to: &peer) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe recvfrom(descriptor, &bytes, bytes.count, 0, $0, &length)
            }
        }
        guard count > 12 else { return }
        var query = Query(bytes: Array(bytes.prefix(count)), peer: peer)
        guard query.read() else { return }
        if query.isForIPv4 { asked.withLock { $0[query.name, default: 0] += 1 } }
        answer(query)
    }

    private func answer(_ query: Query) {
        let found: [String]
        switch self[query.name] {
        case .silence: return waiting.withLock { $0.append(query) }
        case .unknown: found = []
        case .addresses(let addresses): found = query.isForIPv4 ? addresses : []
        }
        let code: UInt8 = self[query.name] == .unknown ? 3 : 0
        let head: [UInt8] = [0x81, 0x80 | code, 0, 1, 0, UInt8(found.count), 0, 0, 0, 0]
        let question = query.bytes[12..<query.end]
        send(query.bytes[0..<2] + head + question + found.flatMap(Self.record), to: query.peer)
    }

    private func send(_ bytes: [UInt8], to peer: sockaddr_in) {
        unsafe withUnsafePointer(to: peer) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                let length = socklen_t(MemoryLayout<sockaddr_in>.size)
                _ = unsafe sendto(descriptor, bytes, bytes.count, 0, $0, length)
            }
        }
    }

    /// An A record of the name in the question; nobody may keep it.
    private static func record(of address: String) -> [UInt8] {
        [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]
            + address.split(separator: ".").map { UInt8($0) ?? 0 }
    }
}

extension NameServer.Query {
    /// Finds the question; false where there is none.
    fileprivate mutating func read() -> Bool {
        var labels: [String] = []
        var position = 12
        while position < bytes.count, bytes[position] > 0 {
            let end = position + 1 + Int(bytes[position])
            guard end < bytes.count else { return false }
            labels.append(String(decoding: bytes[position + 1..<end], as: UTF8.self))
            position = end
        }
        end = position + 5
        guard end <= bytes.count else { return false }
        name = labels.joined(separator: ".")
        isForIPv4 = bytes[position + 2] == 1
        return true
    }
}
