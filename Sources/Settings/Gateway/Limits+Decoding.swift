import Traffic

extension ConnectionLimits {
    /// More than any machine's memory holds connections.
    static let range = 0...1_000_000_000

    /// Overwrites what the mapping at `place` gives.
    mutating func read(_ place: Place?) {
        place?.keys(insteadOfValue: "connections") { fields in
            fields.read("connections", into: &connections, within: Self.range)
            fields.read("connectionsPerSource", into: &connectionsPerSource, within: Self.range)
            fields.read("connectRatePerSource", into: &connectRatePerSource, within: Self.range)
            fields.read("handshakesPerWorker", into: &handshakesPerWorker, within: Self.range)
            fields.read("bufferPerSource", bytes: &bufferPerSource, within: 0...(1 << 40))
        }
    }
}

extension EngineSettings {
    /// Overwrites what the mapping at `place` gives.
    mutating func read(_ place: Place?) {
        place?.keys(insteadOfValue: "shards") { fields in
            fields.read("shards", into: &shards, within: 0...255)
            fields.read("linger", into: &linger, within: .zero ... .seconds(1))
            fields.read("scratch", bytes: &scratchByteCount, within: 4_096...16_777_216)
            fields.read("pipe", bytes: &pipeByteCount, within: 4_096...67_108_864)
            fields.read("clientBuffer", bytes: &clientBufferByteCount, within: Self.bufferRange)
            fields.read("backendBuffer", bytes: &backendBufferByteCount, within: Self.bufferRange)
            fields.read("unsent", bytes: &unsentByteCount, within: Self.bufferRange)
            fields.read("congestionControl", into: &congestionControl)
            fields.read("kernelTLS", into: &kernelTLS)
        }
    }

    /// In bytes. Linux doubles a receive buffer, within Int32.
    private static let bufferRange = 0...1023 << 20
}

extension Fields {
    /// Reads a size, as ``ByteCount`` has them.
    mutating func read(_ key: String, bytes: inout Int, within range: ClosedRange<Int>) {
        var size = ByteCount(bytes: bytes)
        let (lower, upper) = (range.lowerBound, range.upperBound)
        read(key, into: &size, within: ByteCount(bytes: lower)...ByteCount(bytes: upper))
        bytes = size.bytes
    }
}
