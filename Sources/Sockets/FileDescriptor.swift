internal import CSockets

/// A descriptor that is closed with its owner, also with an owner whose initializer throws: a class
/// of which only some properties are set runs no `deinit`, but lets go of those properties.
struct FileDescriptor: ~Copyable, Sendable {
    let number: Int32

    /// Takes over what a call returned, or throws the error that it returned instead.
    init(_ result: Int32) throws(SystemError) {
        number = try SystemError.check(result)
    }

    deinit {
        _ = csockets_close(number)
    }
}
