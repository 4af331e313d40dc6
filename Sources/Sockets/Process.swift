internal import CSockets
internal import Glibc

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

extension ProcessSignals {
    /// Makes a write to a pipe without a reader, or beyond the limit of a file's size, fail and not
    /// end the process (pipe(7), setrlimit(2)).
    public static func ignoreFailedWrites() {
        _ = signal(SIGPIPE, SIG_IGN)
        _ = signal(SIGXFSZ, SIG_IGN)
    }

    /// Ends the process as a write to a pipe without a reader usually does.
    public static func endByBrokenPipe() -> Never {
        _ = signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
        // The signal is blocked: what a shell reports of it.
        _exit(128 + SIGPIPE)
    }
}

/// The memory that the allocator holds for this process.
public enum ProcessMemory {
    /// Gives free memory back to the system, from wherever in the heap it is (malloc_trim(3)).
    /// Threads that allocate meanwhile wait for it, an arena at a time.
    public static func trim() {
        _ = csockets_memory_trim()
    }

    /// Takes code and constants out of resident memory; what runs comes back from the page cache.
    /// Most of a program's code runs only at startup.
    public static func releaseCode() {
        csockets_memory_release_code()
    }

    /// Makes the allocator give large blocks back to the system as soon as they are freed
    /// (mallopt(3)): a list is copied for each edit, and the arena of whichever thread made the copy
    /// would keep its memory.
    public static func returnLargeBlocks() {
        _ = csockets_memory_return_blocks(256 << 10)
    }
}

/// A thread for one call that may block indefinitely. Nothing waits for its end, and the process
/// may end before it.
public enum DetachedThread {
    private final class Work {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Lowers the priority of the calling thread for good: a thread without the privilege cannot
    /// raise it again (setpriority(2); on Linux a niceness is a thread's).
    ///
    /// - Parameter niceness: from 0 to 19, the most willing to give way.
    public static func giveWay(niceness: Int32) {
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
    }

    /// Runs `body` on its own thread.
    ///
    /// - Parameter stackByteCount: of its stack; at least the system's minimum.
    /// - Throws: the system's error if there is no room for another thread.
    public static func start(
        stackByteCount: Int = 1 << 20,
        _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        unsafe pthread_attr_setstacksize(&attributes, stackByteCount)
        let work = unsafe Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let code = unsafe pthread_create(&thread, &attributes, run, work.toOpaque())
        guard code == 0 else {
            unsafe work.release()
            throw SystemError(code: code)
        }
    }

    /// The thread's first function (pthread_create(3)).
    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? =
        { context in
            if let context = unsafe context {
                let work = unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
                work.body()
            }
            return nil
        }
}
