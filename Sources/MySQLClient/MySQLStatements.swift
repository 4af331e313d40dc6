package import MySQLProtocol

/// A connection that logs in and makes some statements, as decisions only.
///
/// What it sends may contain a password: none of it, and no message about a statement, which may
/// repeat a part of it, is ever shown.
package struct MySQLStatements: Sendable {
    package enum Step: Equatable, Sendable {
        case wait
        case send([UInt8])
        /// TLS, after these were sent. Continued by ``MySQLStatements/secured()``.
        case startTLS([UInt8])
        /// Every statement was made.
        case done
        case failed(MySQLStatementError)
    }

    private enum Phase: Sendable { case greeting, securing, login, statements, ended }

    /// Of all answers together, in bytes.
    package static let answerLimit = 1 << 20
    /// Longer packets than these are of no server that is asked for this.
    private static let packetLimit = 65_536

    private static let needsPlainPassword =
        "a request for the password itself (caching_sha2_password without TLS); give the account"
        + " mysql_native_password"

    private let usesTLS: Bool
    private var phase = Phase.greeting
    private var login: MySQLClientLogin
    /// The payload that is sent once there is TLS.
    private var heldLogin: [UInt8] = []
    private var rest: ArraySlice<String>
    private var packets = MySQLPacketReader(limit: packetLimit)
    /// `nil` if statements return no rows.
    private var reader: MySQLTableReader?
    private var byteCount = 0
    /// The answers so far; `nil` for a statement that was refused.
    package private(set) var tables: [MySQLTable?] = []

    /// - Parameters:
    ///   - usesTLS: whether nothing but the request for it is sent without TLS.
    ///   - keepsTables: whether statements may return rows, for ``tables``. Then one that is refused
    ///     does not keep the next from being made.
    package init(
        _ account: MySQLAccount,
        statements: [String],
        usesTLS: Bool = false,
        keepsTables: Bool = false
    ) {
        self.usesTLS = usesTLS
        reader = keepsTables ? MySQLTableReader() : nil
        login = MySQLClientLogin(account, isEncrypted: usesTLS)
        rest = statements[...]
    }

    package mutating func receive(_ bytes: Span<UInt8>) -> Step {
        byteCount += bytes.count
        guard byteCount <= Self.answerLimit else {
            return fail(.protocolViolation("more than \(Self.answerLimit) bytes"))
        }
        packets.append(bytes)
        do {
            while phase != .ended, let packet = try packets.next() {
                let step = try receive(packet)
                if step != .wait { return step }
            }
            return .wait
        } catch MySQLLoginError.needsPublicKey {
            return fail(.protocolViolation(Self.needsPlainPassword))
        } catch {
            return fail(.protocolViolation("\(error)"))
        }
    }

    /// The TLS session that was requested with `.startTLS` is established.
    package mutating func secured() -> Step {
        guard phase == .securing else {
            return fail(.protocolViolation("an unexpected TLS session"))
        }
        phase = .login
        defer { heldLogin = [] }
        return .send(MySQLPacket(sequence: 2, payload: heldLogin).bytes)
    }

    package mutating func receiveEndOfStream() -> Step {
        phase == .ended ? .wait : fail(.closed)
    }

    private mutating func receive(_ packet: MySQLPacket) throws -> Step {
        guard phase == .login || phase == .greeting else {
            return try receiveAnswer(packet.payload)
        }
        switch try login.receive(packet.payload) {
        case .wait: return .wait
        case .send(let payload) where phase == .greeting && usesTLS:
            return try startTLS(before: payload)
        case .send(let payload):
            phase = .login
            return .send(packet.reply(payload).bytes)
        case .done:
            phase = .statements
            return next()
        case .denied(let error):
            return fail(.denied(summary: error.summary, isPassword: error.isAboutPassword))
        }
    }

    private mutating func startTLS(before payload: [UInt8]) throws -> Step {
        // What is not encrypted must not be taken for what is.
        guard packets.isEmpty else { throw MySQLWireError.outOfSequence }
        phase = .securing
        heldLogin = payload
        let request = MySQLTLSRequest(before: try MySQLLogin(payload: payload))
        return .startTLS(MySQLPacket(sequence: 1, payload: request.payload).bytes)
    }

    /// An OK, or an ERR, of which only the number is kept.
    private mutating func receiveAnswer(_ payload: [UInt8]) throws -> Step {
        if let progress = try reader?.receive(payload) {
            switch progress {
            case .incomplete: return .wait
            case .complete(let table): tables.append(table)
            case .refused: tables.append(nil)
            }
            reader = MySQLTableReader()
            return next()
        }
        if let error = MySQLErrorPacket(payload: payload) {
            return fail(.refused(code: error.code))
        }
        guard payload.first == 0 else { return fail(.protocolViolation("an unexpected answer")) }
        return next()
    }

    private mutating func next() -> Step {
        guard let statement = rest.popFirst() else {
            phase = .ended
            return .done
        }
        return .send(MySQLPacket.query(statement).bytes)
    }

    private mutating func fail(_ error: MySQLStatementError) -> Step {
        phase = .ended
        return .failed(error)
    }
}

extension MySQLErrorPacket {
    fileprivate var isAboutPassword: Bool { code == Self.accessDenied }
}

/// Why statements were not made.
package enum MySQLStatementError: Error, Hashable, Sendable {
    /// The server does not let the account in.
    case denied(summary: String, isPassword: Bool)
    /// The server refuses a statement, with this error.
    case refused(code: UInt16)
    /// What follows "the server sent".
    case protocolViolation(String)
    case closed
}

extension MySQLStatementError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .denied(let summary, _): summary
        case .refused(let code): "MySQL error \(code)"
        case .protocolViolation(let what): "the server sent \(what)"
        case .closed: "the server closed the connection"
        }
    }
}

/// The statements that give the account that is logged in another password.
package enum MySQLPasswordChange {
    /// In the order in which they are to be made. The first one sees to it that a backslash quotes
    /// (NO_BACKSLASH_ESCAPES, MariaDB's and Doris' `sql_mode`).
    package static func statements(_ password: Password) -> [String] {
        ["SET sql_mode = ''", "SET PASSWORD = PASSWORD('\(escaped(password.bytes))')"]
    }

    private static func escaped(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\\") {
                text.append(UInt8(ascii: "\\"))
            }
            text.append(byte)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
