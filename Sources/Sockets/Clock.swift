internal import CSockets

/// The system's clocks, read once for each turn of a shard.
public enum Clock {
    /// Time that never jumps, in nanoseconds since some point (CLOCK_MONOTONIC).
    public static func monotonicNanoseconds() -> Int64 { csockets_monotonic_ns() }

    /// Blocks the calling thread.
    public static func sleep(milliseconds: UInt32) {
        _ = csockets_poll(-1, 0, Int32(clamping: milliseconds))
    }

    /// The CPU time of this process so far, all threads together, in nanoseconds
    /// (CLOCK_PROCESS_CPUTIME_ID).
    public static func processNanoseconds() -> Int64 { csockets_process_ns() }

    /// Microseconds since 1970-01-01T00:00:00Z (CLOCK_REALTIME).
    public static func realtimeMicroseconds() -> Int64 { csockets_realtime_us() }
}

/// What the process may have.
public enum ProcessLimits {
    /// The number of CPUs it may run on (sched_getaffinity(2)); at least 1.
    public static func processors() -> Int {
        max(1, Int(csockets_processor_count()))
    }

    /// Raises the soft limit of descriptors, often 1,024, to the hard one (getrlimit(2)).
    public static func raiseDescriptors() throws(SystemError) {
        try SystemError.check(csockets_raise_descriptor_limit())
    }

    /// How many descriptors may be open (RLIMIT_NOFILE, getrlimit(2)).
    public static func descriptors() throws(SystemError) -> Int {
        Int(try SystemError.check(csockets_descriptor_limit()))
    }
}
