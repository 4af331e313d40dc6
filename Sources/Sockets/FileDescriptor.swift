internal import CSockets

/// A descriptor that is closed with its owner, even with an owner whose initializer throws: a class
/// with only some properties set runs no `deinit`, but releases those properties.
struct FileDescriptor: ~Copyable, Sendable {
    let number: Int32

    /// Takes ownership of what a call returned, or throws the error that it returned instead.
    init(_ result: Int32) throws(SystemError) {
        number = try SystemError.check(result)
    }

    deinit {
        _ = csockets_close(number)
    }
}
