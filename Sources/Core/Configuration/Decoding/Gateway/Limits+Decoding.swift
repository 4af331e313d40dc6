extension ConnectionLimits {
    /// More than any machine's memory holds connections.
    static let range = 0...1_000_000_000

    /// Overwrites what the mapping at `place` gives.
    mutating func read(_ place: Place?) {
        place?.keys { fields in
            fields.read("connections", into: &connections, within: Self.range)
            fields.read("connectionsPerSource", into: &connectionsPerSource, within: Self.range)
            fields.read("connectRatePerSource", into: &connectRatePerSource, within: Self.range)
        }
    }
}

extension EngineSettings {
    /// Overwrites what the mapping at `place` gives.
    mutating func read(_ place: Place?) {
        place?.keys { fields in
            var scratch = ByteCount(bytes: scratchByteCount)
            var pipe = ByteCount(bytes: pipeByteCount)
            fields.read("shards", into: &shards, within: 0...255)
            fields.read("linger", into: &linger, within: .zero ... .seconds(1))
            fields.read("scratch", into: &scratch, within: .kibibytes(4) ... .kibibytes(16_384))
            fields.read("pipe", into: &pipe, within: .kibibytes(4) ... .kibibytes(65_536))
            fields.read("congestionControl", into: &congestionControl)
            scratchByteCount = scratch.bytes
            pipeByteCount = pipe.bytes
        }
    }
}

extension ByteCount {
    static func kibibytes(_ count: Int) -> ByteCount { ByteCount(bytes: count * 1_024) }
}
