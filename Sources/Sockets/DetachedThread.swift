internal import Glibc

/// A thread for one call that may block indefinitely. Nothing waits for its end, and the process
/// may end before it.
public enum DetachedThread {
    private final class Work {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Runs `body` on a thread of its own.
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
