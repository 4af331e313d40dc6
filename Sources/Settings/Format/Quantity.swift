import Text

/// A sum of whole amounts with units, as durations and sizes are written: `1h30m`, `64KiB`.
struct Quantity {
    struct Part: Equatable {
        var amount: Int64
        var unit: String
    }

    /// In the order written; never empty.
    let parts: [Part]

    /// `nil` where the text is not digits and letters in turn, or an amount is beyond `Int64`.
    init?(_ text: String) {
        var rest = Substring(text)
        var parts: [Part] = []
        while !rest.isEmpty {
            let digits = rest.prefix(while: \.isDigit)
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix(while: \.isASCIILetter)
            rest = rest.dropFirst(unit.count)
            guard !unit.isEmpty, let amount = Int64(digits) else { return nil }
            parts.append(Part(amount: amount, unit: String(unit)))
        }
        guard !parts.isEmpty else { return nil }
        self.parts = parts
    }

    /// The sum in the smallest unit; `nil` where a unit is not among `scale`, out of its order
    /// (largest first, each once), or the sum is beyond `Int64`.
    func total(in scale: [(unit: String, size: Int64)]) -> Int64? {
        var total: Int64 = 0
        var remaining = scale[...]
        for part in parts {
            guard let index = remaining.firstIndex(where: { $0.unit == part.unit }) else {
                return nil
            }
            let (product, tooLarge) = part.amount.multipliedReportingOverflow(by: scale[index].size)
            let (sum, overflow) = total.addingReportingOverflow(product)
            guard !tooLarge, !overflow else { return nil }
            total = sum
            remaining = scale[(index + 1)...]
        }
        return total
    }
}
