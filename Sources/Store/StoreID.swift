/// The ids of keys, accounts and sessions: ten characters that are not mistaken for each other.
enum StoreID {
    private static let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789")

    static func random() -> String {
        String((0..<10).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
    }
}
