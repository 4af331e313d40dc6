import Operations
import Sockets
import Traffic

/// What all shards share. None of it is on the data path: it is used once or twice per connection.
final class ShardServices: Sendable {
    let ports: [ShardPort]
    let accessLog: any AccessLog
    let report: @Sendable (GatewayEvent) -> Void
    let congestion: CongestionPolicy
    let bufferPolicy: BufferPolicy
    /// Connections, over all listeners.
    let budget = ConnectionBudget()
    let sources = SourceLimiter()
    /// Bytes held for peers that do not take them.
    let buffers = SourceBuffers()
    let revocations: RevocationTally
    /// Sessions of clients that the gateway has greeted.
    let directory = SessionDirectory()
    /// Ends a session at another backend; `nil` if that is not possible.
    let killer = Locked<RemoteKiller?>(nil)
    /// A backend that no health check sees greets in another way than before. Returns immediately.
    let greetingSeen = Locked<(@Sendable () -> Void)?>(nil)
    /// Handshakes with clients.
    let tls = TLSTally()
    /// `nil` if the kernel is not to do the work of TLS, or is not able to.
    let kernelTLS: KernelOffload?
    /// Used only for a denied connection.
    let seenEndpoints = Locked(SeenEndpoints())
    let unloggedDenials: UnloggedDenials
    let redirectRefusals: RedirectRefusals
    /// Connections, in the descriptors that they need.
    let descriptors: DescriptorBudget

    init(
        shardCount: Int,
        descriptors plan: DescriptorPlan,
        congestion: CongestionPolicy,
        bufferPolicy: BufferPolicy,
        kernelTLS: KernelOffload? = nil,
        accessLog: any AccessLog,
        report: @escaping @Sendable (GatewayEvent) -> Void
    ) throws(GatewayError) {
        self.accessLog = accessLog
        self.report = report
        unloggedDenials = UnloggedDenials(report: report)
        redirectRefusals = RedirectRefusals(report: report)
        self.congestion = congestion
        self.bufferPolicy = bufferPolicy
        self.kernelTLS = kernelTLS
        revocations = RevocationTally(report: report)
        descriptors = DescriptorBudget(plan)
        do {
            var ports: [ShardPort] = []
            for number in 0..<shardCount { ports.append(try ShardPort(number: number)) }
            self.ports = ports
        } catch {
            throw .systemResources(operation: "start the workers", reason: error.description)
        }
    }
}
