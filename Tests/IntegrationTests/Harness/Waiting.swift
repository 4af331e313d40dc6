import Glibc

/// The longest that a test waits for what should happen soon. A failing test waits so long; a
/// passing one does not.
let patience = Duration.seconds(30)

/// Returns as soon as `condition` holds.
///
/// - Throws: ``HarnessError`` with `what`, if it does not hold within `limit`.
func wait(
    for what: @autoclosure () -> String,
    within limit: Duration = patience,
    until condition: () throws -> Bool
) throws {
    let deadline = ContinuousClock.now + limit
    while try !condition() {
        guard ContinuousClock.now < deadline else {
            throw HarnessError("waited \(limit) in vain for \(what())")
        }
        pause(.milliseconds(10))
    }
}

/// Returns the first value that `find` makes.
func wait<Value>(
    for what: @autoclosure () -> String,
    within limit: Duration = patience,
    finding find: () throws -> Value?
) throws -> Value {
    var found: Value?
    try wait(for: what(), within: limit) {
        found = try find()
        return found != nil
    }
    guard let found else { throw HarnessError("nothing found: \(what())") }
    return found
}

/// Blocks the thread.
func pause(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    usleep(useconds_t(seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
}
