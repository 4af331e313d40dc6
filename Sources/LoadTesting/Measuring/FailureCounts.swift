/// How many operations failed, in which way, with the first detail of each.
package struct FailureCounts: Sendable, Equatable {
    /// What is counted apart: HTTP statuses and MySQL errors by their number.
    package struct Class: Hashable, Sendable {
        package let kind: Failure.Kind
        /// `nil` for kinds without numbers, and for the numbers beyond ``FailureCounts/classLimit``.
        package let code: Int?
    }

    /// How many numbers are told apart: a server may invent thousands.
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

    /// What was said first about failures of this kind.
    package func detail(of kind: Failure.Kind) -> String? {
        classes.first { $0.kind == kind }.flatMap { details[$0] }
    }

    /// What was said first about failures of this class.
    package func detail(of failureClass: Class) -> String? { details[failureClass] }

    /// What occurred, in the order of the kinds' declaration, the most frequent number first.
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
