/// Guesses which of some known words a mistyped one was to be.
enum Suggestion {
    /// No word that is known is longer; what is longer is no slip of the hand.
    private static let longestWord = 32

    /// The known word that the fewest slips (a letter missing, added, wrong, or swapped with its
    /// neighbour) turn into `word`; `nil` where even that would take more than one in three.
    static func closest(to word: String, among known: [String]) -> String? {
        guard word.count <= longestWord else { return nil }
        let best =
            known
            .map { (word: $0, distance: distance(from: word.lowercased(), to: $0.lowercased())) }
            .min { $0.distance < $1.distance }
        guard let best, best.distance <= max(1, max(word.count, best.word.count) / 3) else {
            return nil
        }
        return best.word
    }

    /// The optimal string alignment distance (Damerau 1964, each part edited at most once).
    private static func distance(from source: String, to target: String) -> Int {
        let a = Array(source)
        let b = Array(target)
        var twoAbove: [Int] = []
        var above = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(above[j + 1] + 1, row[j] + 1, above[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    cost = min(cost, twoAbove[j - 1] + 1)
                }
                row.append(cost)
            }
            (twoAbove, above) = (above, row)
        }
        return above[b.count]
    }
}
