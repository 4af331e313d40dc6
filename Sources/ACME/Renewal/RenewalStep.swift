import Settings
import Time

/// What to do next for a certificate.
enum RenewalStep: Hashable, Sendable {
    case obtain(Reason)
    case wait(until: UnixTime)

    enum Reason: String, Hashable, Sendable {
        case missing = "there is none yet"
        case interrupted = "an order was interrupted"
        case otherDirectory = "it is from another directory"
        case otherKeyType = "its key is of another type"
        case ending = "its life ends"
    }
}

extension CertificateRecord {
    /// Beyond this, a time is of a clock that was wrong, in seconds.
    private static let longestWait = RetryAfter.longest + 2 * 3_600

    func step(_ wanted: ACMESettings.Certificate, _ settings: ACMESettings, at now: UnixTime)
        -> RenewalStep
    {
        guard let reason = reason(settings, at: now) else {
            return .wait(until: current?.renewAt ?? now)
        }
        // Another configuration deserves an attempt at once.
        if let failure, failure.origin == Origin(settings),
            failure.challenge == wanted.challenge.rawValue,
            failure.authorityFile == settings.authorityFile, failure.nextAttemptAt > now,
            failure.nextAttemptAt.seconds - now.seconds <= Self.longestWait
        {
            return .wait(until: failure.nextAttemptAt)
        }
        return .obtain(reason)
    }

    private func reason(_ settings: ACMESettings, at now: UnixTime) -> RenewalStep.Reason? {
        guard let current else { return pending == nil ? .missing : .interrupted }
        if let origin = current.origin {
            if origin.directory != settings.directory.text { return .otherDirectory }
            if origin.keyType != settings.keyType.rawValue { return .otherKeyType }
        }
        return current.renewAt <= now ? .ending : nil
    }
}

// MARK: - Outcomes

extension CertificateRecord {
    /// An order that can be continued, if it was made with the same settings.
    func pendingOrder(_ settings: ACMESettings) -> Pending? {
        pending.flatMap { $0.origin == Origin(settings) ? $0 : nil }
    }

    mutating func begin(_ settings: ACMESettings) -> Pending {
        let new = Pending(generation: nextGeneration, origin: Origin(settings))
        pending = new
        return new
    }

    mutating func succeed(
        _ chain: IssuedChain,
        _ order: Pending,
        _ schedule: RenewalSchedule,
        random: Double
    ) {
        current = Current(
            generation: order.generation,
            origin: order.origin,
            notBefore: chain.notBefore,
            expiresAt: chain.expiresAt,
            renewAt: schedule.renewal(from: chain.notBefore, to: chain.expiresAt, random: random),
            fingerprint: chain.fingerprint
        )
        (pending, failure) = (nil, nil)
    }

    mutating func fail(
        _ error: ACMEError,
        _ wanted: ACMESettings.Certificate,
        _ settings: ACMESettings,
        _ schedule: RenewalSchedule,
        at now: UnixTime,
        random: Double
    ) {
        let count = (failure?.count ?? 0) + 1
        failure = Failure(
            origin: Origin(settings),
            challenge: wanted.challenge.rawValue,
            authorityFile: settings.authorityFile,
            count: count,
            message: error.description,
            remedy: error.remedy,
            at: now,
            nextAttemptAt: schedule.retry(after: error, failures: count, at: now, random: random)
        )
        if error.endsOrder { pending?.order = nil }
    }
}

extension ACMEError {
    /// Whether a new order is needed: one whose name was not proved is over (RFC 8555 §7.1.6).
    fileprivate var endsOrder: Bool {
        switch self {
        case .notAuthorized, .orderFailed, .unusable, .noChallenge, .invalid: true
        case .refused: !isRateLimit
        default: false
        }
    }
}
