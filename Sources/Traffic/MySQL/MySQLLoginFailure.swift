import MySQLProtocol
import Policy

/// Why a login through the gateway ends before the backend has decided on it.
enum MySQLLoginFailure: Error, Equatable {
    // The client's.

    /// Its packet is not valid.
    case clientSent(MySQLWireError)
    /// Its first bytes are an HTTP request's.
    case clientSpeaksHTTP
    /// It sent a packet when the backend had to speak.
    case clientOutOfTurn
    /// It did not send its next packet in time.
    case clientTimedOut
    /// It is from before MySQL 5.5.7: it cannot authenticate with another plugin, and would believe
    /// to be logged in.
    case clientTooOld
    /// The listener requires TLS.
    case clientWithoutTLS
    /// It requests TLS, which the listener does not offer, or claims to use it without a request.
    case clientExpectsTLS
    /// It uses the mark of a proxy that Doris trusts (`proxy_auth_magic_prefix`).
    case clientForgesProxy
    /// The password it sent is not in the plugin's format.
    case clientSentBadPassword
    /// The password it sent was not encrypted with the gateway's key.
    case clientUsedOtherKey
    /// It sent its password in clear, over a side that is not encrypted.
    case clientSentPasswordInClear

    // The backend's.

    /// It sent an ERR in place of its greeting.
    case backendRejected(MySQLErrorPacket)
    case backendSent(MySQLWireError)
    /// It closed the connection, `before` something.
    case backendClosed(before: String)
    case backendTimedOut
    case backendWithoutTLS
    /// It lacks what the client was offered and has chosen, or what every login needs.
    case backendLacks(MySQLCapabilities)
    /// Its public key is not valid, or too short for the password.
    case backendSentBadKey

    // Of both together.

    /// The plugin is from before MySQL 4.1.
    case obsoletePlugin
    /// The plugin sends the password in clear, over a side that is not encrypted.
    case passwordInClear(plugin: String, RelaySide)
    /// More packets than any plugin needs.
    case endless

    /// The longest part of a foreign name that is shown, in characters.
    private static let shownNameLength = 64
}

extension MySQLLoginFailure {
    var reason: DenialReason {
        switch self {
        case .clientSent, .clientSpeaksHTTP, .clientOutOfTurn, .clientTimedOut, .clientTooOld,
            .clientExpectsTLS, .clientForgesProxy, .clientSentBadPassword, .clientUsedOtherKey,
            .backendLacks,
            .obsoletePlugin, .endless, .passwordInClear(plugin: _, .backend):
            .badLogin
        case .clientWithoutTLS, .clientSentPasswordInClear, .passwordInClear(plugin: _, .client):
            .tlsRequired
        case .backendRejected, .backendSent, .backendClosed, .backendTimedOut, .backendWithoutTLS,
            .backendSentBadKey:
            .noBackend
        }
    }

    /// For the client, with the number that a MySQL server would use.
    var error: MySQLErrorPacket {
        if case .backendRejected(let error) = self {
            let state = error.sqlState ?? "HY000"
            return MySQLErrorPacket(code: error.code, sqlState: state, message: error.message)
        }
        return MySQLErrorPacket(code: code, sqlState: "HY000", message: message)
    }

    private var code: UInt16 {
        switch self {
        case .clientOutOfTurn, .clientSent(.outOfSequence), .endless:
            MySQLErrorPacket.packetsOutOfOrder
        case .clientSent(.packetTooLong): MySQLErrorPacket.packetTooLarge
        case .clientTooOld, .clientSent(.obsoleteLogin), .backendLacks, .obsoletePlugin:
            MySQLErrorPacket.unsupportedAuthentication
        case .clientSent, .clientSpeaksHTTP, .clientExpectsTLS, .clientForgesProxy,
            .clientSentBadPassword:
            MySQLErrorPacket.badHandshake
        case .clientTimedOut: MySQLErrorPacket.readTimeout
        case .clientWithoutTLS, .clientSentPasswordInClear, .passwordInClear:
            MySQLErrorPacket.secureTransportRequired
        case .clientUsedOtherKey: MySQLErrorPacket.accessDenied
        case .backendRejected, .backendSent, .backendClosed, .backendTimedOut, .backendWithoutTLS,
            .backendSentBadKey:
            MySQLErrorPacket.tooManyConnections
        }
    }

    private var message: String {
        clientMessage ?? "Warehouse unavailable: no backend is available; try again later"
    }

    /// `nil` if it is the backend's fault, which is for the operator alone.
    private var clientMessage: String? {
        switch self {
        case .clientSent(.packetTooLong): "The login is too long"
        case .clientSent(.outOfSequence), .clientOutOfTurn, .endless: "Got packets out of order"
        case .clientTooOld, .clientSent(.obsoleteLogin):
            "The client does not support authentication plugins; use one of MySQL 5.5.7 or later"
        case .clientSent: "Bad handshake"
        case .clientSpeaksHTTP: "This is a MySQL port, not an HTTP port"
        case .clientTimedOut: "The login took too long"
        case .clientWithoutTLS:
            "Connections without TLS are not allowed here; enable TLS in the client"
        case .clientExpectsTLS: "TLS is not available here; disable it in the client"
        case .clientForgesProxy: "Authentication by a proxy is not accepted here"
        case .clientSentBadPassword: "Bad handshake: the password is malformed"
        case .clientUsedOtherKey:
            "The password was not encrypted with the key of this gateway; use TLS, or let the client"
                + " request the key (--get-server-public-key, no --server-public-key-path)"
        case .clientSentPasswordInClear:
            "The client sent its password unencrypted, and it was not passed on; enable TLS in the"
                + " client"
        case .backendLacks(let missing): Self.message(missing)
        case .obsoletePlugin:
            "The account uses mysql_old_password, which is not supported; give it another plugin"
        case .passwordInClear(let plugin, .client):
            "The account's plugin (\(Self.shown(plugin))) sends the password in clear; enable TLS in"
                + " the client"
        case .passwordInClear(let plugin, .backend):
            "The account's plugin (\(Self.shown(plugin))) sends the password in clear, and the"
                + " warehouse is not connected by TLS; use an account with another plugin"
        case .backendRejected, .backendSent, .backendClosed, .backendTimedOut, .backendWithoutTLS,
            .backendSentBadKey:
            nil
        }
    }

    private static func message(_ missing: MySQLCapabilities) -> String {
        "The warehouse does not support what the client has chosen: "
            + missing.names.joined(separator: ", ")
    }

    /// A foreign name without what could confuse a terminal.
    private static func shown(_ name: String) -> String {
        let scalars = name.unicodeScalars.prefix(shownNameLength).filter {
            (0x21...0x7e).contains($0.value)
        }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    /// For the operator.
    var detail: String {
        switch self {
        case .clientSent(let error): "the client sent \(error)"
        case .clientSpeaksHTTP: ForeignProtocol.httpAtMySQLPort
        case .clientOutOfTurn: "the client sent a packet when the backend had to answer"
        case .clientTimedOut: "the client did not complete its login in time"
        case .clientTooOld: "the client is from before MySQL 5.5.7 (no CLIENT_PLUGIN_AUTH)"
        case .clientWithoutTLS: "the client logged in without TLS"
        case .clientExpectsTLS:
            "the client expects TLS, which the listener does not offer or the client did not request"
        case .clientForgesProxy:
            "the client's login has the mark of a proxy that Doris trusts"
                + " (proxy_auth_magic_prefix): an attack, or a proxy between"
        case .clientSentBadPassword: "the client's password is not in its plugin's format"
        case .clientUsedOtherKey:
            "the client's password was not encrypted with the gateway's key"
                + " (--server-public-key-path?)"
        case .clientSentPasswordInClear:
            "the client sent its password in clear without TLS (mysql-connector-python does, without"
                + " TLS, when the server does not remember it)"
        case .backendRejected(let error): "the backend rejected the connection: \(error.summary)"
        case .backendSent(let error): "the backend sent \(error)"
        case .backendClosed(let what): "the backend closed the connection before \(what)"
        case .backendTimedOut: "the backend did not answer the login in time"
        case .backendWithoutTLS:
            "the backend does not offer TLS (CLIENT_SSL), which the service requires"
        case .backendLacks(let missing):
            "the backend lacks \(missing.names.joined(separator: ", ")), which the client was"
                + " offered and has chosen"
        case .backendSentBadKey:
            "the backend sent a public key that is invalid, or too short for the password"
        case .obsoletePlugin: "the account uses mysql_old_password"
        case .passwordInClear(let plugin, .client):
            "the account's plugin (\(Self.shown(plugin))) sends the password in clear, and the"
                + " client does not use TLS"
        case .passwordInClear(let plugin, .backend):
            "the account's plugin (\(Self.shown(plugin))) sends the password in clear, and the"
                + " backend is not connected by TLS"
        case .endless: "the authentication did not end after many packets"
        }
    }

    /// What the client is sent in the packet with this number.
    func words(sequence: UInt8) -> [UInt8] {
        MySQLPacket(sequence: sequence, payload: error.payload).bytes
    }
}
