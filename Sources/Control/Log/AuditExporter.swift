import Addresses
import Dispatch
import Glibc
import Logging
import NIOCore
import NIOPosix
import Operations
import Settings
import Sockets
import Store
import Synchronization
import Text
import Traffic

/// Copies the audit to a syslog receiver, record by record.
///
/// A write never waits for it: the store holds the chain, so the exporter reads from there what it has
/// not sent, however long the receiver was away, and holds only a few records at a time. At the start
/// of the process it begins with the newest record.
final class AuditExporter: Sendable {
    typealias Destination = LogSettings.AuditLog

    /// Records that are read from the store at a time.
    private static let batch = 50
    private static let connectLimit = TimeAmount.seconds(5)
    private static let writeLimit = Duration.seconds(10)
    /// In bytes: what IPv6 receivers must take at least is 1,180; most take this (RFC 5426 §3.2).
    private static let udpByteLimit = 2_048
    /// Of a local daemon.
    private static let localByteLimit = 8_192

    private struct State {
        var destination: Destination
        /// Increased with each destination.
        var generation = 0
        var status = ControlPlaneStatus.AuditExport()
        var isFailing = false
        /// Where the records are.
        var store: (@Sendable () -> PolicyStore?)?
        /// The number of the newest record when there was a receiver for the first time.
        var beginning: Int64?
    }

    private let state: Mutex<State>
    private let logger: Logger
    private let origin: SyslogMessage.Origin
    private let wake = Wake()
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(_ destination: Destination, logger: Logger) {
        state = Mutex(State(destination: destination))
        self.logger = logger
        origin = SyslogMessage.Origin(host: Self.hostName, processID: getpid())
    }

    private static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)),
            as: UTF8.self
        )
    }

    /// `nil` while it is off.
    var status: ControlPlaneStatus.AuditExport? {
        state.withLock { $0.destination == .off ? nil : $0.status }
    }

    /// There may be new records. Returns immediately.
    func recordsAdded() {
        wake.set()
    }

    /// Sends to another receiver from now on.
    func redirect(to destination: Destination) {
        state.withLock { state in
            guard state.destination != destination else { return }
            if state.destination == .off { state.beginning = state.store?()?.auditNumber }
            state.destination = destination
            state.generation += 1
        }
        wake.set()
    }

    private var target: (destination: Destination, generation: Int) {
        state.withLock { ($0.destination, $0.generation) }
    }
}

// MARK: - Running

extension AuditExporter {
    /// Begins to export. Called once.
    func start(_ store: @escaping @Sendable () -> PolicyStore?) {
        let newest = store()?.auditNumber
        state.withLock { state in
            state.store = store
            (state.beginning, state.status.lastNumber) = (newest, newest ?? 0)
        }
        task.withLock { $0 = Task { [self] in await run(store) } }
    }

    /// Sends what is left, for `limit` at most, and ends.
    ///
    /// - Parameter newest: the number of the last record.
    func finish(through newest: Int64, within limit: Duration) async {
        guard let task = task.withLock({ $0 }) else { return }
        task.cancel()
        wake.set()
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        Task {
            await task.value
            end.finish()
        }
        Task {
            // `try?`: nobody cancels it.
            try? await Task.sleep(for: limit)
            end.finish()
        }
        for await _ in ends {}
        let (destination, last) = state.withLock { ($0.destination, $0.status.lastNumber) }
        if destination != .off, newest > last {
            drop(Int(clamping: newest - last), "the gateway is stopping")
        }
    }

    private func run(_ store: @escaping @Sendable () -> PolicyStore?) async {
        var progress: DeliveryProgress?
        var backoff = Backoff()
        while !Task.isCancelled {
            let target = target
            guard target.destination != .off, let current = store() else {
                if target.destination == .off { progress = nil }
                await wake.wait(atMost: target.destination == .off ? .seconds(3_600) : .seconds(5))
                continue
            }
            var known = progress ?? begin(in: current)
            defer { progress = known }
            do {
                let channel = try await connect(to: target.destination)
                setConnected(true)
                channel.closeFuture.whenComplete { [wake] _ in wake.set() }
                let result = await send(&known, &backoff, store, target, on: channel)
                // It may be closed already.
                try? await channel.close().get()
                setConnected(false)
                if let error = result {
                    known.fail(at: .now)
                    state.withLock { $0.status.lastNumber = known.written }
                    report(error, target.destination)
                    await pause(backoff.failed())
                }
            } catch {
                report(error, target.destination)
                await pause(backoff.failed())
            }
        }
    }

    private func begin(in store: PolicyStore) -> DeliveryProgress {
        let number = state.withLock { state in
            let number = state.beginning ?? store.auditNumber
            state.status.lastNumber = number
            return number
        }
        return DeliveryProgress(after: number)
    }

    /// Sends what there is and what comes.
    ///
    /// - Returns: why it cannot; `nil` if there is another receiver, or the task is cancelled.
    private func send(
        _ progress: inout DeliveryProgress,
        _ backoff: inout Backoff,
        _ store: @Sendable () -> PolicyStore?,
        _ target: (destination: Destination, generation: Int),
        on channel: any Channel
    ) async -> (any Error)? {
        let start = ContinuousClock.now
        do {
            while self.target.generation == target.generation {
                guard channel.isActive else { throw ChannelError.eof }
                progress.confirm(at: .now)
                // A receiver that takes a connection may still refuse what is sent.
                if ContinuousClock.now - start >= DeliveryProgress.confirmation {
                    backoff.succeeded()
                    reportSuccess(target.destination)
                }
                guard let current = store() else { return nil }
                progress.limit(to: current.auditNumber)
                let records = try await BlockingWork.run { [written = progress.written] in
                    try current.audit(after: written, matching: AuditFilter(), limit: Self.batch)
                }
                for chained in records {
                    try await write(chained, to: target.destination, on: channel)
                    progress.record(
                        chained.record.number,
                        isConfirmed: target.destination.confirms
                    )
                    state.withLock { $0.status.lastNumber = chained.record.number }
                }
                // What was written before the end of the gateway is sent, too.
                if Task.isCancelled, records.isEmpty { return nil }
                if records.isEmpty { await wake.wait(atMost: .seconds(5)) }
            }
            return nil
        } catch {
            return error
        }
    }

    private func write(
        _ chained: ChainedRecord,
        to destination: Destination,
        on channel: any Channel
    ) async throws {
        let message = SyslogMessage(chained, from: origin)
        let bytes =
            switch destination {
            case .tcp: message.frame
            case .udp: message.datagram(upTo: Self.udpByteLimit)
            case .unix, .off: message.datagram(upTo: Self.localByteLimit)
            }
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(Self.writeLimit)) {
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        do {
            try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
            state.withLock { $0.status.sent += 1 }
        } catch let error as IOError where error.errnoCode == EMSGSIZE {
            // It would fail each time, and the records after it would never be sent.
            drop(1, "record \(chained.record.number) is too long for a datagram")
        }
    }

    private func pause(_ duration: Duration) async {
        // `try?`: it throws if the task is cancelled.
        try? await Task.sleep(for: duration)
    }
}

/// Wakes the one task that waits.
private final class Wake: Sendable {
    private struct State {
        var isSet = false
        var waiter: CheckedContinuation<Void, Never>?
        var number = 0
    }

    private let state = Mutex(State())

    func set() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            if state.waiter == nil { state.isSet = true }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns once it is set, at once if it was since the last wait, and at the latest after `limit`.
    func wait(atMost limit: Duration) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let number: Int? = state.withLock { state in
                    if state.isSet || Task.isCancelled {
                        state.isSet = false
                        return nil
                    }
                    state.number += 1
                    state.waiter = continuation
                    return state.number
                }
                guard let number else { return continuation.resume() }
                DispatchQueue.global().asyncAfter(deadline: .now() + limit / .seconds(1)) {
                    [self] in
                    expire(number)
                }
            }
        } onCancel: {
            set()
        }
    }

    private func expire(_ number: Int) {
        let waiter = state.withLock { state in
            guard state.number == number else { return nil as CheckedContinuation<Void, Never>? }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}

extension DeliveryProgress {
    fileprivate mutating func record(_ number: Int64, isConfirmed: Bool) {
        if isConfirmed {
            deliver(through: number)
        } else {
            write(through: number, at: .now)
        }
    }
}

// MARK: - The receiver

extension AuditExporter {
    private func connect(to destination: Destination) async throws -> any Channel {
        let group = MultiThreadedEventLoopGroup.singleton
        switch destination {
        case .tcp(let address):
            return try await ClientBootstrap(group: group)
                .connectTimeout(Self.connectLimit)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .connect(host: address.host.text, port: Int(address.port)).get()
        case .udp(let address):
            let resolved = try await Self.resolve(address)
            return try await DatagramBootstrap(group: group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(ErrorClosesChannel())
                    }
                }
                .connect(to: resolved).get()
        case .unix(let path):
            return try await DatagramBootstrap(group: group)
                .connect(unixDomainSocketPath: path).get()
        case .off: throw ChannelError.operationUnsupported
        }
    }

    private static func resolve(_ address: BackendAddress) async throws -> NIOCore.SocketAddress {
        try await BlockingWork.run {
            try NIOCore.SocketAddress.makeAddressResolvingHost(
                address.host.text,
                port: Int(address.port)
            )
        }
    }

    private func setConnected(_ isConnected: Bool) {
        state.withLock { $0.status.isConnected = isConnected }
    }

    private func reportSuccess(_ destination: Destination) {
        let isNews = state.withLock { state in
            defer { state.isFailing = false }
            return state.isFailing
        }
        if isNews { logger.notice("exporting the audit to \(destination) again") }
    }

    private func report(_ error: any Error, _ destination: Destination) {
        let isNews = state.withLock { state in
            defer { state.isFailing = true }
            return !state.isFailing
        }
        guard isNews else { return }
        logger.warning(
            """
            cannot export the audit to \(destination): \(Self.reason(error)) (trying again; what is \
            missing is sent then)
            """
        )
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: SystemError(code: error.errnoCode).description
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { reason($0.error) }
                ?? "the name \(error.host) has no address"
        case ChannelError.eof: "the receiver has closed the connection, or refuses messages"
        case ChannelError.ioOnClosedChannel: "the receiver takes nothing"
        default: LogText.harmless("\(error)")
        }
    }

    private func drop(_ count: Int, _ reason: String) {
        state.withLock { $0.status.dropped += count }
        logger.warning("\(count.of("audit record")) not exported: \(reason)")
    }
}

extension LogSettings.AuditLog {
    /// Whether what was written has arrived.
    fileprivate var confirms: Bool { if case .unix = self { true } else { false } }
}

/// Closes a channel of datagrams when the receiver's machine reports that nobody takes them
/// (ICMP: port unreachable).
private final class ErrorClosesChannel: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

extension BackendAddress.Host {
    fileprivate var text: String {
        switch self {
        case .ip(let address): address.description
        case .name(let name): name
        }
    }
}
