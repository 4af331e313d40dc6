/// How the data plane is laid out.
public struct EngineSettings: Hashable, Sendable {
    /// Workers; 0 for one for each processor.
    public var shards = 0
    /// How long a shard waits in its own `epoll_wait` before it goes back to Dispatch.
    public var linger: Duration = .milliseconds(20)
    /// Bytes of each shard's shared read buffer.
    public var scratchByteCount = 65_536
    /// Bytes of the pipe that a splicing direction uses.
    public var pipeByteCount = 1_048_576
    public var congestionControl = CongestionControl.automatic

    /// The defaults of the configuration file.
    public init() {}
}
