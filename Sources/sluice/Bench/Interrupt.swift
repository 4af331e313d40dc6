import Dispatch
import Glibc
import Synchronization

/// Catches Ctrl-C, so that what was measured until then is still reported. A second one ends the
/// program.
final class Interrupt {
    /// Whether it has come.
    final class Flag: Sendable {
        private let value = Atomic(false)

        var isSet: Bool { value.load(ordering: .relaxed) }

        fileprivate func set() { value.store(true, ordering: .relaxed) }
    }

    let flag = Flag()
    private let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())

    init() {
        _ = signal(SIGINT, SIG_IGN)
        source.setEventHandler { [flag] in
            flag.set()
            _ = signal(SIGINT, SIG_DFL)
        }
        source.resume()
    }

    deinit {
        source.cancel()
        _ = signal(SIGINT, SIG_DFL)
    }
}
