import CIDRTrie
public import MySQLProtocol
public import Policy

extension Lifecycle {
    /// What must be done next, in the order of the properties; once, so it cannot be copied.
    public struct Step: ~Copyable, Sendable {
        /// What the connection no longer holds, and has to give back. Each is named once in the
        /// connection's life.
        public var released: Holdings = []
        /// What the connection starts to count in now. The rest it acquired with the answer to
        /// `.judge` or `.dial`.
        public var acquired: Holdings = []
        /// What is sent to the client.
        public var toClient: [UInt8] = []
        /// What is sent to the backend.
        public var toBackend: [UInt8] = []
        /// The deadline that replaces the one that was set; `nil` if that one stays.
        public var deadline: Deadline?
        /// What the backend, a MySQL server, has greeted with: at most one. An array, because most
        /// steps have none, and it takes one word.
        public var backendGreeting: [MySQLGreeting] = []
        /// The request that is over, before anything else is done: at most one. An array, as above.
        public var finishedRequest: [HTTPRequestRecord] = []
        public var action: Action

        init(
            _ action: Action,
            toClient: [UInt8] = [],
            toBackend: [UInt8] = [],
            deadline: Deadline? = nil
        ) {
            self.action = action
            self.toClient = toClient
            self.toBackend = toBackend
            self.deadline = deadline
        }

        init(_ action: Action, _ messages: Messages, _ deadline: Deadline?) {
            self.init(
                action,
                toClient: messages.toClient,
                toBackend: messages.toBackend,
                deadline: deadline
            )
        }

        /// The client's bytes that are to be passed on, if there are such.
        public var replay: Replay? {
            guard case .passOn(let replay) = action else { return nil }
            return replay
        }

        /// How an answer is passed on, if it is.
        public var answer: ExchangeAnswer? {
            guard case .passAnswer(let answer) = action else { return nil }
            return answer
        }

        /// Whether `toClient` is a server's answer, not the gateway's own words.
        public var isServersAnswer: Bool {
            switch action {
            case .next, .drain: true
            default: false
            }
        }

        /// Nothing has changed.
        public static var nothing: Step { Step(.wait) }
    }

    public enum Action: Sendable {
        /// Wait for the next event.
        case wait
        /// Judge the client by the policy and the limits, and answer with ``judged(_:)``. If
        /// `isForged`, the client is denied in any case: its limits must not count it.
        case judge(Introduction, isForged: Bool)
        /// Connect to a backend, and answer by ``dialed(_:)``.
        case dial(DialTarget)
        /// The backend that was being dialed is of no use (`reason`, if the connection knows it
        /// better than the socket): connect to another, and answer by ``dialed(_:)``.
        case redial(reason: String?)
        /// Relay the bytes of both sides, the client's up to the bounds if there are some.
        case relay(ExchangeBounds?)
        /// Pass on an answer, from the bytes that were shown last, and what follows up to its bound.
        case passAnswer(ExchangeAnswer)
        /// Read the client's next request. It begins with `excess`; if that is `nil`, with what was read
        /// beyond the last one's bound.
        case next(excess: [UInt8]?)
        /// Establish TLS with this side, after what is sent to it: as a server with the client, whose
        /// handshake begins with `held`, as a client with the backend. Answer by
        /// ``secured(_:_:)``, ``secureFailed(_:detail:)`` or ``foreseen(_:)``.
        case startTLS(RelaySide, held: [UInt8])
        /// Look for the session that the client wants to kill, and answer by ``killResolved(_:)``.
        case kill(KillRequest)
        /// Pass on bytes of the client that were looked at.
        case passOn(Replay)
        /// Announce to this side that no more bytes will follow.
        case shutdownWrite(RelaySide)
        /// Record the denial, and answer by ``refuse(_:)`` with the words for it.
        case deny(DenialReason, detail: String)
        /// Send FIN to the client, and read until it has closed too.
        case linger
        /// As `linger`, of a client that is still sending a request.
        case drain
        /// Close all that is open, by a reset or not, and write the connection's record.
        case end(ConnectionEnd, byReset: Bool)
    }

    /// What a deadline is for. The configuration determines how long each is.
    public enum Deadline: Hashable, Sendable {
        case firstBytes
        /// Of TLS with the client.
        case handshake
        case connect
        case dialogue
        /// Of a relay: silence, and peers that do not read.
        case relay
        /// Of a kept connection, until its next request begins.
        case nextRequest
        case refusal
        case linger
        /// As `linger`, of a client that is still sending a request.
        case drain
    }

    /// The verdict of the policy and the limits on a client.
    public enum Verdict: Hashable, Sendable {
        /// It is counted wherever it has a limit.
        case admitted
        case denied(DenialReason, detail: String = "")
        /// A load balancer that looks whether the port is open.
        case probe
    }

    /// The result of dialing.
    public enum DialOutcome: Sendable {
        /// A connect is under way.
        case underWay
        /// A backend is connected.
        case connected
        /// A backend is connected, and a dialogue speaks first.
        case connectedFor(any Dialogue)
        /// No backend is left to be tried.
        case failed(DenialReason, detail: String = "")
        /// The gateway has no descriptor or memory left.
        case exhausted
    }

    /// How a client is denied.
    public enum Refusal: Sendable {
        /// Not at all.
        case silence(byReset: Bool)
        case words([UInt8])
        /// In a dialogue of its own.
        case prologue(any Prologue)
    }
}

/// What a connection is counted in, or holds a place in. Which of them it has follows from its
/// state.
public struct Holdings: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The client's socket, and a place among the shard's connections.
    public static let connection = Holdings(rawValue: 1)
    /// The descriptor that was set aside for a backend's socket.
    public static let backendDescriptor = Holdings(rawValue: 2)
    /// A place among those whose first bytes are read before they are judged.
    public static let identifyingPlace = Holdings(rawValue: 4)
    /// A place among the clients that are being denied.
    public static let refusedPlace = Holdings(rawValue: 8)
    /// A count in every limit that the client has.
    public static let admission = Holdings(rawValue: 16)
    /// A backend, and the socket to it.
    public static let backend = Holdings(rawValue: 32)

    /// What is acquired by a change of state alone.
    static let places: Holdings = [.identifyingPlace, .refusedPlace]
    static let accepted: Holdings = [.connection, .backendDescriptor]
    static let identifying: Holdings = [.connection, .backendDescriptor, .identifyingPlace]
    static let admitted: Holdings = [.connection, .backendDescriptor, .admission, .backend]
    static let refused: Holdings = [.connection, .refusedPlace]
}
