#if THREAD_SANITIZER
    import Glibc

    /// As below, by a POSIX mutex.
    @safe struct Locked<Value>: ~Copyable, @unchecked Sendable {
        // @unchecked: the value is touched under the mutex alone.
        private let mutex: UnsafeMutablePointer<pthread_mutex_t>
        private let value: UnsafeMutablePointer<Value>

        init(_ initial: consuming sending Value) {
            unsafe mutex = .allocate(capacity: 1)
            unsafe mutex.initialize(to: pthread_mutex_t())
            unsafe pthread_mutex_init(mutex, nil)
            unsafe value = .allocate(capacity: 1)
            unsafe value.initialize(to: initial)
        }

        deinit {
            unsafe value.deinitialize(count: 1)
            unsafe value.deallocate()
            unsafe pthread_mutex_destroy(mutex)
            unsafe mutex.deallocate()
        }

        borrowing func withLock<Result, Failure: Error>(
            _ body: (inout Value) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            unsafe pthread_mutex_lock(mutex)
            defer { unsafe pthread_mutex_unlock(mutex) }
            return try unsafe body(&value.pointee)
        }
    }
#else
    import Synchronization

    /// A value that only one thread at a time may access.
    ///
    /// It is a `Mutex`, except in a build for the thread sanitizer, which does not see what a futex
    /// orders and would report every value behind one: `-Xswiftc -DTHREAD_SANITIZER` uses a POSIX
    /// mutex instead (docs/decisions/0014).
    struct Locked<Value>: ~Copyable, Sendable {
        private let mutex: Mutex<Value>

        init(_ initial: consuming sending Value) {
            mutex = Mutex(initial)
        }

        @inline(__always)
        borrowing func withLock<Result, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            try mutex.withLock(body)
        }
    }
#endif
