internal import CSockets

/// Signals of this process, read by one thread that does nothing else.
///
/// A handler writes each signal into a pipe, on whichever thread the system chose: so no signal is
/// missed while another thread blocks, and none interrupts a call (SA_RESTART, sigaction(2)).
public struct ProcessSignals: Sendable {
    private let descriptor: Int32

    /// Catches `numbers` from now on. Called once in a process, on the thread that will read them
    /// or before any other thread is started.
    public init(catching numbers: [Int32]) throws(SystemError) {
        descriptor = try SystemError.check(csockets_signals_open())
        for number in numbers { try SystemError.check(csockets_signals_catch(number)) }
    }

    /// Blocks until the next signal arrives.
    ///
    /// - Returns: its number; `nil` if there can be none because the pipe is gone.
    public func next() -> Int32? {
        let number = csockets_signals_next(descriptor)
        return number < 0 ? nil : number
    }
}
