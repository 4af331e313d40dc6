import Foundation
import Sockets
import Synchronization

func sleepForAMillisecond() { Thread.sleep(forTimeInterval: 0.001) }

/// Says so a second after `condition` has begun to hold: by then every thread knows.
func aSecondAfter(_ condition: @escaping @Sendable () -> Bool) -> @Sendable () -> Bool {
    let begin = Mutex<Int64?>(nil)
    return {
        guard condition() else { return false }
        let now = Clock.monotonicNanoseconds()
        let since = begin.withLock { begin in
            begin = begin ?? now
            return begin ?? now
        }
        return now - since >= 1_000_000_000
    }
}
