import ArgumentParser
import Dispatch
import Glibc
import Sockets

/// Where the program begins: before anything that ends it by a trap.
@main
enum Program {
    /// Dispatch, on which every command runs, ends the process if it has no descriptors.
    private static let leastDescriptorCount = 16

    static func main() {
        if let limit = try? ProcessLimits.descriptors(), limit < leastDescriptorCount {
            StandardError.print(
                "sluice: the limit of open files is \(limit); raise it (ulimit -n) to"
                    + " \(leastDescriptorCount) at least"
            )
            exit(EXIT_FAILURE)
        }
        Task {
            await Sluice.main()
            exit(EXIT_SUCCESS)
        }
        dispatchMain()
    }
}
