import ArgumentParser
import Control
import Dispatch
import Glibc
import Sockets

/// The entry point: runs before anything that could trap.
@main
enum Program {
    /// Dispatch, which every command runs on, ends the process if it has no descriptors.
    private static let leastDescriptorCount = 16

    static func main() {
        if let limit = try? ProcessLimits.descriptors(), limit < leastDescriptorCount {
            StandardError.print(
                "sluice: the open file limit is \(limit), but commands need at least"
                    + " \(leastDescriptorCount), and a gateway about"
                    + " \(GatewayService.usualDescriptorCount) plus 2 per connection (raise it with"
                    + " ulimit -n)"
            )
            exit(EXIT_FAILURE)
        }
        StandardOutput.flushAtExit()
        Task {
            await Sluice.main()
            exit(EXIT_SUCCESS)
        }
        dispatchMain()
    }
}
