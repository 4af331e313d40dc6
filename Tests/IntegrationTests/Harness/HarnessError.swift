/// Why a test's own tools failed, in words for the person who reads the test's output.
struct HarnessError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
