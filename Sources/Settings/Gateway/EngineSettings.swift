/// How the data plane is laid out.
package struct EngineSettings: Hashable, Sendable {
    /// Workers; 0 for one per CPU.
    package var shards = 0
    /// How long a shard waits in its own `epoll_wait` before it goes back to Dispatch.
    package var linger: Duration = .milliseconds(20)
    /// Bytes of each shard's shared read buffer.
    package var scratchByteCount = 65_536
    /// Bytes of the pipe that a splicing direction uses.
    package var pipeByteCount = 1_048_576
    /// Bytes that the kernel accepts from a client before they are read; 0 for the system default.
    package var clientBufferByteCount = 4_194_304
    /// The same of a backend.
    package var backendBufferByteCount = 4_194_304
    /// Bytes that the kernel buffers for a peer beyond those in flight; 0 for the system default.
    package var unsentByteCount = 262_144
    package var congestionControl = CongestionControl.automatic
    package var kernelTLS = KernelTLSSetting.off

    /// The defaults of the configuration file.
    package init() {}
}

/// Which congestion control the gateway's sockets use (RFC 5681; TCP_CONGESTION, tcp(7)).
package enum CongestionControl: Hashable, Sendable {
    /// The system's, but over the loopback interface none that paces: there is nothing to congest,
    /// and each 64 KiB would wait for a timer.
    case automatic
    /// The system's everywhere.
    case system
    /// The kernel's of that name everywhere, such as `cubic` or `bbr`.
    case named(String)
}

/// Whether the kernel encrypts and decrypts TLS records after the handshake, if it is able to.
package enum KernelTLSSetting: String, Hashable, Sendable, CaseIterable {
    /// OpenSSL does all of it.
    case off
    /// The kernel does what it does as well as OpenSSL.
    case automatic = "auto"
    /// It also decrypts what peers of TLS 1.3 send: sessions of those that change their keys end.
    case full
}
