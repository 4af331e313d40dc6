import Benchmark
import Foundation

extension Benchmark.Configuration {
    /// A pass does the operation a thousand times; the report divides, and shows nanoseconds.
    static var eachOfAThousand: Self { measuring(.kilo, in: .nanoseconds) }

    /// As ``eachOfAThousand``, but the report does not divide: whole nanoseconds are too coarse for
    /// a lookup. Read as picoseconds, its figures are those of one operation.
    static var allOfAThousand: Self { measuring(.one, in: .nanoseconds) }

    /// A pass is one operation that takes its time.
    static var alone: Self { measuring(.one, in: .microseconds) }

    /// CPU time is counted in hundredths of a second, and any other metric makes the
    /// library read files of /proc between passes, which leaves the caches full of that.
    private static func measuring(
        _ scalingFactor: BenchmarkScalingFactor,
        in timeUnits: BenchmarkTimeUnits
    ) -> Self {
        Self(
            metrics: [.wallClock],
            timeUnits: timeUnits,
            warmupIterations: isOnce ? 0 : 10,
            scalingFactor: scalingFactor,
            maxDuration: .seconds(1),
            maxIterations: isOnce ? 1 : 10_000
        )
    }

    /// One pass of each benchmark, to see that it still runs. Its figures are meaningless.
    private static var isOnce: Bool { ProcessInfo.processInfo.environment["BENCHMARK_ONCE"] != nil }
}
