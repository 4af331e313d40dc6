import Text
import Time

extension ManagedCertificate {
    /// One failure may pass by itself: an authority was busy, a listener has just started.
    private static let failureLimit = 2
    /// In seconds before the end of a certificate's life.
    private static let alarm: Int64 = 3 * 86_400

    /// What people should hear of it; `nil` while all is well.
    func condition(at now: UnixTime) -> NoticeCondition? {
        guard failures >= Self.failureLimit || state == .expired else { return nil }
        let isNear = expiresAt.map { $0.seconds - now.seconds <= Self.alarm } ?? false
        let reason = lastError.map { ": \(LogText.harmless($0))" } ?? ""
        return NoticeCondition(
            .certificateFailing,
            isNear ? .critical : .warning,
            subject: "certificate for \(name)",
            "The certificate for \(name) \(words(at: now))\(reason)."
        )
    }

    private func words(at now: UnixTime) -> String {
        guard let expiresAt else { return "cannot be obtained" }
        let verb = expiresAt > now ? "expires" : "expired"
        return "\(verb) at \(expiresAt.rfc3339) and cannot be renewed"
    }
}
