/// One field of one row, or a literal.
enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case text(String)

    /// As the text protocol sends it; `nil` for NULL.
    var text: String? {
        switch self {
        case .null: nil
        case .integer(let number): String(number)
        case .text(let text): text
        }
    }

    /// How `self` stands to `other`; `nil` where one of them is NULL, as nothing compares to NULL.
    ///
    /// A number and a text compare as numbers where the text is one, else as texts. Texts compare
    /// without case, as in MySQL's default collation.
    func order(to other: SQLValue) -> Ordering? {
        guard let left = text, let right = other.text else { return nil }
        if let a = Int64(left), let b = Int64(right), !(isText && other.isText) {
            return Ordering(a, b)
        }
        return Ordering(left.lowercased(), right.lowercased())
    }

    private var isText: Bool {
        if case .text = self { true } else { false }
    }
}

/// Which of two values comes first.
enum Ordering: Hashable, Sendable {
    case before, same, after

    init<Value: Comparable>(_ a: Value, _ b: Value) {
        self = a < b ? .before : a == b ? .same : .after
    }
}
