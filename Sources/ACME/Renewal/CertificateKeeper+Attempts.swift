import Logging
import Settings
import Synchronization
import Time

extension CertificateKeeper {
    func obtain(_ managed: ManagedRecord, _ settings: ACMESettings) async {
        let issuance = Issuance(
            settings: settings,
            root: root,
            transport: seams.transport(settings),
            responder: seams.responder,
            clock: seams.clock,
            schedule: seams.schedule
        )
        var managed = managed
        do throws(ACMEError) {
            try await issuance.obtain(&managed)
            keep(managed, settings, pause: nil)
            logSuccess(of: managed)
            await seams.receiver.use(certificates)
        } catch .cancelled {
            keep(managed, settings, pause: nil)
        } catch {
            fail(&managed, error, settings)
        }
    }

    private func fail(_ managed: inout ManagedRecord, _ error: ACMEError, _ settings: ACMESettings)
    {
        let (now, random) = (seams.clock.now(), seams.clock.random())
        managed.record.fail(
            error,
            managed.wanted,
            settings,
            seams.schedule,
            at: now,
            random: random
        )
        let next = managed.record.failure?.nextAttemptAt
        keep(managed, settings, pause: error.isShared ? next : nil)
        let verb = managed.certificate == nil ? "obtain" : "renew"
        let suffix = next.map { "; next attempt at \($0.rfc3339)" } ?? ""
        logger.warning(
            "cannot \(verb) a certificate for \(managed.wanted.title): \(error)\(suffix)"
        )
        do throws(ACMEError) {
            try managed.folder.save(managed.record)
        } catch {
            // It is in memory.
            logger.warning("certificates: \(error)")
        }
    }

    /// Unless the configuration has changed meanwhile: what is on disk is not lost.
    private func keep(_ managed: ManagedRecord, _ settings: ACMESettings, pause: UnixTime?) {
        state.withLock { state in
            guard let index = state.managed.firstIndex(where: { $0.wanted == managed.wanted })
            else { return }
            state.managed[index] = managed
            // Another directory deserves an attempt at once.
            if state.settings.directory == settings.directory { state.pause = pause }
        }
    }

    private func logSuccess(of managed: ManagedRecord) {
        guard let current = managed.record.current else { return }
        logger.notice(
            """
            certificate for \(managed.wanted.title) obtained: \(current.fingerprint) (expires \
            \(current.expiresAt.rfc3339), renewal at \(current.renewAt.rfc3339))
            """
        )
    }
}

extension ACMESettings.Certificate {
    /// `gw.example.com (and 2 more)`
    var title: String {
        let rest = names.count - 1
        return (names.first ?? "") + (rest > 0 ? " (and \(rest) more)" : "")
    }
}
