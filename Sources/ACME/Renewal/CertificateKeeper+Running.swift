import Logging
import Settings
import Sockets
import Synchronization
import Time

extension CertificateKeeper {
    /// A clock may be set: more than this is not slept at once, in seconds.
    private static let longestSleep: Int64 = 600
    private static let lockInterval = Duration.seconds(5)

    /// Works until the task is cancelled. Of several processes with one folder, one works.
    package func run() async {
        guard let lock = await lock() else { return }
        defer { withExtendedLifetime(lock) {} }
        // Another process may have written since.
        state.withLock { $0.managed = Self.read($0.settings, root, seams) }
        await seams.receiver.use(certificates)
        while !Task.isCancelled {
            let next = await pass()
            let rest = next.seconds - seams.clock.now().seconds
            await sleep(.seconds(min(max(rest, 1), Self.longestSleep)))
        }
    }

    private func lock() async -> FileLock? {
        var isFirst = true
        while !Task.isCancelled {
            do throws(ACMEError) {
                if let lock = try Self.lock(root) { return lock }
                if isFirst { logger.notice("certificates: another process uses \(root)") }
            } catch {
                if isFirst { logger.error("certificates: \(error)") }
            }
            isFirst = false
            // `try?`: it throws if the task is cancelled.
            try? await Task.sleep(for: Self.lockInterval)
        }
        return nil
    }

    /// - Returns: `nil` if another process holds it.
    private static func lock(_ root: String) throws(ACMEError) -> FileLock? {
        try PrivateFiles.makeFolder(root)
        do throws(SystemError) {
            return try FileLock("\(root)/lock")
        } catch .wouldBlock {
            return nil
        } catch {
            throw .file(path: "\(root)/lock", reason: "\(error)")
        }
    }

    /// Until a change, at most.
    private func sleep(_ duration: Duration) async {
        // `try?`: it throws if the task is cancelled.
        let sleep = Task { _ = try? await Task.sleep(for: duration) }
        let isAwake = state.withLock { state in
            defer { state.hasChanged = false }
            state.sleep = sleep
            return state.hasChanged
        }
        if isAwake { sleep.cancel() }
        await withTaskCancellationHandler {
            await sleep.value
        } onCancel: {
            sleep.cancel()
        }
    }

    /// Does what is due.
    ///
    /// - Returns: when something is due next.
    func pass() async -> UnixTime {
        for wanted in state.withLock({ $0.settings.certificates }) where !Task.isCancelled {
            guard let (managed, settings) = due(wanted) else { continue }
            await obtain(managed, settings)
        }
        return nextTime
    }

    /// - Returns: `nil` if there is nothing to do for this certificate, or it is no longer wanted.
    private func due(_ wanted: ACMESettings.Certificate) -> (ManagedRecord, ACMESettings)? {
        let now = seams.clock.now()
        return state.withLock { state in
            if let pause = state.pause, pause > now { return nil }
            guard let managed = state.managed.first(where: { $0.wanted == wanted }),
                case .obtain(let reason) = managed.record.step(wanted, state.settings, at: now)
            else { return nil }
            logger.info("ordering a certificate for \(wanted.title): \(reason.rawValue)")
            return (managed, state.settings)
        }
    }

    private var nextTime: UnixTime {
        let now = seams.clock.now()
        return state.withLock { state in
            state.managed.map { state.nextTime(of: $0, at: now) }.min()
                ?? UnixTime(seconds: now.seconds + Self.longestSleep)
        }
    }
}
