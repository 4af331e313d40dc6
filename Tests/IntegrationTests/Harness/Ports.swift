import Synchronization

/// Ports on which nobody listens.
enum Ports {
    /// Below the range from which the kernel takes outgoing connections' ports, so that none of
    /// those can take a port between its choice and its use.
    private static let range: Range<UInt16> = 12_000..<32_000
    private static let next = Mutex(UInt16.random(in: range))

    /// A port that no socket of this machine is bound to, and that no other test was given.
    static func free() throws -> UInt16 {
        for _ in range {
            let port = advance()
            if isFree(port) { return port }
        }
        throw HarnessError("no free port in \(range)")
    }

    private static func advance() -> UInt16 {
        next.withLock { port in
            port = port + 1 < range.upperBound ? port + 1 : range.lowerBound
            return port
        }
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let addresses = [Endpoint("0.0.0.0", port), Endpoint("::", port)]
        return addresses.allSatisfy { (try? Acceptor(at: $0)) != nil }
    }
}
