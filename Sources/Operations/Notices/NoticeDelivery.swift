package import Time

/// The body of what a receiver gets, before it is signed.
package struct NoticeMessage: Hashable, Sendable, Codable {
    /// The same for each attempt: by it, a receiver recognizes what it has got already.
    package var deliveryId: String
    package var event: NoticeChange.Event
    package var notice: Notice
    /// The gateway's version.
    package var version: String

    package init(deliveryID: String, _ change: NoticeChange) {
        deliveryId = deliveryID
        event = change.event
        notice = change.notice
        version = Version.current
    }

    /// What the signature is over (``/docs/notices.md``): `1793534400.{"deliveryId":…}`.
    package static func signedText(_ body: String, at now: UnixTime) -> [UInt8] {
        Array("\(now.seconds).\(body)".utf8)
    }
}

/// One attempt to deliver a notice, as the API shows it.
package struct DeliveryAttempt: Hashable, Sendable, Codable {
    package var at: UnixTime
    package var deliveryId: String
    package var kind: NoticeKind
    package var event: NoticeChange.Event
    /// From 1.
    package var attempt: Int
    package var delivered: Bool
    /// Of HTTP; `nil` if there was no answer.
    package var status: Int?
    /// Why it was not delivered.
    package var error: String?
    package var durationMs: Int

    package init(
        at now: UnixTime,
        deliveryID: String,
        _ change: NoticeChange,
        attempt: Int,
        status: Int?,
        error: String?,
        duration: Duration
    ) {
        at = now
        deliveryId = deliveryID
        kind = change.notice.kind
        event = change.event
        self.attempt = attempt
        delivered = error == nil
        self.status = status
        self.error = error
        durationMs = Int(duration / .milliseconds(1))
    }
}
