import MySQLProtocol
import Policy

/// Logs a client in again within its session (COM_CHANGE_USER), as the first login was carried: a
/// password that has another form on the other side is converted, and none is sent in clear where it
/// must not be.
///
/// ```
/// client                gateway                  backend
/// COM_CHANGE_USER (0) ► (watch)              ──►
///           ◄──         switch to the plugin ◄──  switch to the plugin (1)
/// answer    ──►                              ──►
///           ◄──         OK or ERR            ◄──  OK or ERR
/// ```
///
/// What the backend had still to say to earlier commands is not told from its answer to this one. So
/// a client that has not waited for it breaks its own session, and the user of the session counts as
/// unknown from now on.
struct MySQLUserChangeDialogue: Dialogue {
    private var carrier: AuthenticationCarrier
    private let watch: MySQLSessionWatch

    /// - Parameter watch: of the session; continues afterwards.
    init(_ exchange: AuthenticationExchange, before watch: MySQLSessionWatch) {
        carrier = AuthenticationCarrier(exchange, clientSequence: 1, backendSequence: 1)
        self.watch = watch
    }

    mutating func begin(clientBytes: [UInt8]) -> DialogueStep { .more(Messages()) }

    mutating func receive(_ bytes: Span<UInt8>, from side: RelaySide) -> DialogueStep {
        var messages = Messages()
        do throws(MySQLLoginFailure) {
            guard side == .backend else {
                try carrier.carryFromClient(bytes, &messages)
                return .more(messages)
            }
            guard try carrier.carryFromBackend(bytes, &messages) != nil else {
                return .more(messages)
            }
            var watch = watch
            watch.exchange = carrier.exchange
            return .relay(messages, .watched(watch))
        } catch {
            return fail(error, after: messages.toClient)
        }
    }

    mutating func endOfStream(from side: RelaySide) -> DialogueStep {
        side == .client ? .left : fail(.backendClosed(before: "it had answered"))
    }

    mutating func deadlinePassed() -> DialogueStep {
        fail(carrier.awaitsClient ? .clientTimedOut : .backendTimedOut)
    }

    private func fail(_ failure: MySQLLoginFailure, after messages: [UInt8] = []) -> DialogueStep {
        .denied(
            failure.reason,
            detail: failure.detail,
            words: messages + failure.words(sequence: carrier.client.nextSequence)
        )
    }
}
