import Settings
import Sockets
import Traffic

/// What connections consist of beyond plain bytes from one socket to another. What is `nil` adds
/// nothing.
struct Assembly: Sendable {
    typealias Carrier = @Sendable (Socket) -> any TransportLayer

    /// What carries the bytes of a listener's clients.
    var clientCarrier: (@Sendable (Listener) -> Carrier?)?
    /// What carries the bytes of a service's backends.
    var backendCarrier: (@Sendable (Service) -> Carrier?)?
    /// What reads the first bytes of a listener's clients, after the guard against forged headers.
    var prologues: (@Sendable (Listener) -> [any Prologue])?
    /// What speaks with each client and its backend before their bytes are relayed.
    var dialogue: (@Sendable (Service) -> (any Dialogue)?)?
}

extension Transport {
    /// - Parameter carrier: `nil` for the bytes as is.
    init(_ socket: Socket, by carrier: Assembly.Carrier?) {
        self = carrier.map { .layered($0(socket)) } ?? .plain(socket)
    }
}
