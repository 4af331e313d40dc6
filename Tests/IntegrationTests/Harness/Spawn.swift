import Foundation
import Glibc

/// Starts a program in a process group of its own, with no signal blocked and no descriptor beyond
/// the standard three, and returns its process ID. The caller reaps it with waitpid(2).
///
/// - Parameters:
///   - program: its path.
///   - input: a descriptor to read from; `nil` for an empty input.
///   - output: the path of the file for its standard output, created or emptied; `nil` for ours.
///   - errorOutput: likewise for its standard error.
///
/// Foundation's `Process` is no help here: to find the highest descriptor it copies 256 bytes of
/// each name in `/proc/self/fd`, also of the last one in the directory's buffer of 32 KiB. A test
/// process with 1,365 descriptors or more can die of it.
func spawn(
    _ program: String,
    _ arguments: [String],
    environment: [String: String] = ProcessInfo.processInfo.environment,
    input: Int32? = nil,
    output: String? = nil,
    errorOutput: String? = nil
) throws -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawnattr_init(&attributes)
    defer {
        unsafe posix_spawn_file_actions_destroy(&actions)
        unsafe posix_spawnattr_destroy(&attributes)
    }
    if let input {
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    for case (let descriptor, let path?) in [(1 as Int32, output), (2, errorOutput)] {
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        unsafe posix_spawn_file_actions_addopen(&actions, descriptor, path, flags, 0o644)
    }
    for descriptor in try openDescriptors() where descriptor > 2 {
        unsafe posix_spawn_file_actions_addclose(&actions, descriptor)
    }
    // Dispatch blocks every signal on its threads, and a server that inherits this never sees the
    // SIGTERM that should end it.
    var nothing = sigset_t()
    unsafe sigemptyset(&nothing)
    unsafe posix_spawnattr_setsigmask(&attributes, &nothing)
    unsafe posix_spawnattr_setflags(
        &attributes,
        Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK)
    )
    var identifier: pid_t = 0
    let result = unsafe withCStrings([program] + arguments) { arguments in
        unsafe withCStrings(environment.map { "\($0)=\($1)" }) { environment in
            unsafe posix_spawn(&identifier, program, &actions, &attributes, arguments, environment)
        }
    }
    guard result == 0 else {
        throw HarnessError("\(program) did not start: \(unsafe String(cString: strerror(result)))")
    }
    return identifier
}

/// Those that the test process has now; closing one that is no longer open is not an error.
private func openDescriptors() throws -> [Int32] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
}

/// Passes a null-terminated array of the strings, as execve(2) wants it.
private func withCStrings<Result>(
    _ strings: [String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let copies = unsafe strings.map { unsafe strdup($0) } + [nil]
    defer { unsafe copies.forEach { unsafe free($0) } }
    return unsafe body(copies)
}
