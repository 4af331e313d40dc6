// A benchmark that throws is only omitted from the report: the run succeeds without it. What must
// not happen ends the process, which makes the run fail.

/// What `body` returns; it must not throw.
@inline(__always)
func success<Success>(_ name: String, _ body: () throws -> Success) -> Success {
    do { return try body() } catch { fatalError("\(name): \(error)") }
}

/// What `body` throws; it must not return.
@inline(__always)
func refusal<Success, Refusal>(_ body: () throws(Refusal) -> Success) -> Refusal {
    do { _ = try body() } catch { return error }
    fatalError("what must be refused was taken")
}

/// Checks that a benchmark does what its name says.
@inline(__always)
func require(_ isKept: Bool, _ fault: @autoclosure () -> String) {
    guard isKept else { fatalError(fault()) }
}
