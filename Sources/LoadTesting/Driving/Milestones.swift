/// What is still to be told of a run, and when: the borders of the measured time, and each second.
struct Milestones {
    enum Kind: Equatable { case measuringBegan, measuringEnded, second }

    struct Milestone: Equatable {
        /// In nanoseconds of the monotonic clock.
        let time: Int64
        let kind: Kind

        func event(_ progress: RunProgress, since start: Int64) -> LoadRun.Event {
            switch kind {
            case .measuringBegan: .measuringBegan
            case .measuringEnded: .measuringEnded(progress)
            case .second: .progress(progress, elapsed: .nanoseconds(time - start))
            }
        }
    }

    private var boundaries: [Milestone]
    private var nextSecond: Int64

    init(window: MeasuringWindow) {
        boundaries = [
            Milestone(time: window.measuredFrom, kind: .measuringBegan),
            Milestone(time: window.end, kind: .measuringEnded),
        ]
        nextSecond = window.start + 1_000_000_000
    }

    /// The next one; `nil` once measuring has ended.
    var next: Milestone? {
        guard let boundary = boundaries.first else { return nil }
        let second = Milestone(time: nextSecond, kind: .second)
        return boundary.time <= second.time ? boundary : second
    }

    mutating func removeFirst() {
        guard let next else { return }
        if next.kind == .second {
            nextSecond += 1_000_000_000
        } else {
            boundaries.removeFirst()
        }
    }

    /// The run ends at `time` in place of the window's end.
    mutating func end(at time: Int64) {
        boundaries = boundaries.map { Milestone(time: min($0.time, time), kind: $0.kind) }
    }

    /// The borders that a run which ended early did not reach: they are told all the same.
    func remainingBoundaries(_ progress: RunProgress) -> [LoadRun.Event] {
        boundaries.map { $0.kind == .measuringBegan ? .measuringBegan : .measuringEnded(progress) }
    }
}
