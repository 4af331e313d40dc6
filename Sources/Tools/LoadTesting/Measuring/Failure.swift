import Glibc
import Sockets
import Text

/// Why an operation did not succeed.
package struct Failure: Error, Hashable, Sendable {
    /// Classes that are counted separately. Their names are keys of the JSON report.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Nothing is listening there, or a firewall refused the connection.
        case refused
        /// There is no route, or the connect failed in another way.
        case unreachable
        /// No local port is left: too many connections were closed in the last minute.
        case noLocalPort
        /// No file descriptor is left: the limit of this process (`ulimit -n`).
        case noDescriptor
        case connectTimeout
        /// The operation did not end in time.
        case timeout
        case reset
        /// The peer closed the connection before the operation was complete.
        case closedEarly
        /// The response is not valid in this protocol.
        case badResponse
        /// A complete HTTP response, but with a status other than 200…299.
        case status
        /// A MySQL error packet.
        case serverError
        /// Due before the end of an open loop, but never begun: no connection was available.
        case unsent
        /// Still running when the run was interrupted: Ctrl-C.
        case unfinished
    }

    package let kind: Kind
    /// The HTTP status or the number of the MySQL error; `nil` for other kinds.
    package let code: Int?
    /// The message of the peer or the system; `nil` if the kind is self-explanatory.
    package let detail: String?
    /// Whether every other attempt at this target would fail in the same way: trying again is useless,
    /// and may lock an account.
    package let isFatal: Bool

    /// Whether no answer arrived: the time until then is a lower bound of the latency.
    var isWithoutAnswer: Bool {
        switch kind {
        case .timeout, .connectTimeout, .unsent, .unfinished: true
        default: false
        }
    }

    package init(_ kind: Kind, _ detail: String? = nil, code: Int? = nil, isFatal: Bool = false) {
        self.kind = kind
        self.code = code
        self.detail = detail.map(LogText.harmless)
        self.isFatal = isFatal
    }
}

extension Failure {
    /// A failed connect(2).
    init(connecting error: SystemError) {
        let kind = Self.kind(ofConnect: error)
        self.init(kind, "\(error)", isFatal: kind == .refused || kind == .unreachable)
    }

    /// A failed read or write on an established connection.
    init(transferring error: SystemError) {
        self.init(error.code == ETIMEDOUT ? .timeout : .reset, "\(error)")
    }

    private static func kind(ofConnect error: SystemError) -> Kind {
        if error.isExhaustion { return .noDescriptor }
        return switch error.code {
        case ECONNREFUSED: .refused
        case EADDRNOTAVAIL: .noLocalPort
        case ETIMEDOUT: .connectTimeout
        case ECONNRESET: .reset
        default: .unreachable
        }
    }
}

/// How many operations failed in which way, with the first detail of each.
package struct FailureCounts: Sendable, Equatable {
    /// What is counted separately: HTTP statuses and MySQL errors by their number.
    package struct Class: Hashable, Sendable {
        package let kind: Failure.Kind
        /// `nil` for kinds without numbers, and for numbers beyond ``FailureCounts/classLimit``.
        package let code: Int?
    }

    /// The maximum number of classes: a server may invent thousands.
    package static let classLimit = 64

    private var counts: [Class: Int] = [:]
    private var details: [Class: String] = [:]

    /// No failures.
    package init() {}

    /// Of all kinds together.
    package var total: Int { counts.values.reduce(0, +) }

    /// How many of `kind`, whatever their number.
    package subscript(kind: Failure.Kind) -> Int {
        counts.reduce(0) { $0 + ($1.key.kind == kind ? $1.value : 0) }
    }

    package subscript(failureClass: Class) -> Int { counts[failureClass] ?? 0 }

    /// The first detail of failures of this kind.
    package func detail(of kind: Failure.Kind) -> String? {
        classes.first { $0.kind == kind }.flatMap { details[$0] }
    }

    /// The first detail of failures of this class.
    package func detail(of failureClass: Class) -> String? { details[failureClass] }

    /// The classes that occurred, in the order of the kinds' declaration, the most frequent first.
    package var classes: [Class] {
        Failure.Kind.allCases.flatMap { kind in
            counts.filter { $0.key.kind == kind }
                .sorted { ($1.value, $0.key.code ?? .max) < ($0.value, $1.key.code ?? .max) }
                .map(\.key)
        }
    }

    /// Records `count` failures of one class.
    package mutating func record(_ failure: Failure, count: Int = 1) {
        guard count > 0 else { return }
        let key = key(for: failure)
        counts[key, default: 0] += count
        if details[key] == nil { details[key] = failure.detail }
    }

    private func key(for failure: Failure) -> Class {
        let key = Class(kind: failure.kind, code: failure.code)
        let isKnown = counts[key] != nil || counts.count < Self.classLimit
        return isKnown ? key : Class(kind: failure.kind, code: nil)
    }

    /// Adds everything that `other` has.
    package mutating func add(_ other: FailureCounts) {
        for key in other.classes {
            let failure = Failure(key.kind, other.details[key], code: key.code)
            record(failure, count: other[key])
        }
    }
}
