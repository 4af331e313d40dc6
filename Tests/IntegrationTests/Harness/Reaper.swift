import Foundation

/// Cleans up when the test process ends, even by a crash.
///
/// It is a shell that reads from a pipe which only the test process holds open: at the pipe's end
/// it kills what is still on its list and removes the temporary files.
final class Reaper: Sendable {
    static let shared = Reaper()

    private static let script = """
        all=' '
        while read -r verb group; do
            case $verb$all in
            watch*) all="$all$group " ;;
            forget*" $group "*) all=${all%%" $group "*}' '${all#*" $group "} ;;
            esac
        done
        for group in $all; do kill -9 "-$group" "$group" 2>/dev/null; done
        rm -rf "$1"
        """

    private let pipe: FileHandle?

    private init() {
        let input = Pipe()
        let arguments = ["-c", Self.script, "reaper", TemporaryFolder.root]
        let output = input.fileHandleForReading.fileDescriptor
        let shell = try? spawn("/bin/sh", arguments, input: output)
        // Without the reaper the tests still stop what they start; only a crash leaves orphans.
        pipe = shell == nil ? nil : input.fileHandleForWriting
    }

    /// Each child is the leader of a process group of its own, and so are its children in it.
    func watch(_ group: pid_t) {
        pipe?.write(Data("watch \(group)\n".utf8))
    }

    /// To be called as soon as the child has ended: its number may then be somebody else's.
    func forget(_ group: pid_t) {
        pipe?.write(Data("forget \(group)\n".utf8))
    }
}
