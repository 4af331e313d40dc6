internal import Addresses

/// What all threads of one run have in common.
struct RunSetting: Sendable {
    let target: SocketAddress
    let plan: LoadPlan
    let window: MeasuringWindow
    let control: RunControl
    /// How many connections a thread may hold beside those of the plan.
    let heldLimit: Int
}

/// The numbers of one thread's connections: no two threads give the same.
struct ConnectionNumbers {
    private var next: Int
    private let step: Int

    init(first: Int, step: Int) {
        next = first
        self.step = step
    }

    mutating func take() -> Int {
        defer { next += step }
        return next
    }
}
