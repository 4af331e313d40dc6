import Text

/// A sum of whole amounts with units, as durations and sizes are written: `1h30m`, `64KiB`.
struct Quantity {
    struct Part: Equatable {
        var amount: Int64
        var unit: String
    }

    /// In the order written; never empty.
    let parts: [Part]

    /// `nil` unless the text alternates digits and letters, or if an amount exceeds `Int64`.
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

    /// The sum in the smallest unit; `nil` if a unit is not in `scale` or out of order (largest
    /// first, each once), or if the sum exceeds `Int64`.
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
