/// What used the CPUs during a run, other than the load generator and the watched processes.
///
/// The machine's total is user and system time (proc(5), `/proc/stat`); time in interrupts, including
/// the network's, is not attributed.
package struct OtherUse: Hashable, Sendable {
    /// One process, without its children.
    package struct Process: Hashable, Sendable {
        package let id: Int32
        package let name: String
        package let nanoseconds: Int64
    }

    /// Of all other processes, including those that have ended; at least the sum of those still
    /// running, although the kernel rounds its totals.
    package var nanoseconds: Int64 = 0
    /// CPU time that the hypervisor gave to other machines while this one was ready to run.
    package var stolenNanoseconds: Int64 = 0
    /// Those that used any, in no order.
    package var processes: [Process] = []

    /// Nothing.
    package init() {}

    /// - Parameters:
    ///   - known: what the load generator and the watched processes used, in nanoseconds.
    ///   - members: their process ids.
    init(from begin: MachineSample, to end: MachineSample, known: Int64, members: Set<Int32>) {
        stolenNanoseconds = max(0, end.stolenNanoseconds - begin.stolenNanoseconds)
        processes = end.processes.compactMap { id, process in
            guard !members.contains(id) else { return nil }
            let before = begin.processes[id]
            // A new process may have the id of one that has ended.
            let isSame = before?.startTicks == process.startTicks
            let used = process.nanoseconds - (isSame ? before?.nanoseconds ?? 0 : 0)
            return used > 0 ? Process(id: id, name: process.name, nanoseconds: used) : nil
        }
        let rest = end.busyNanoseconds - begin.busyNanoseconds - known
        nanoseconds = max(rest, processes.reduce(0) { $0 + $1.nanoseconds })
    }
}

/// What the machine and each of its processes have used so far (proc(5)).
struct MachineSample: Equatable {
    struct Process: Equatable {
        let name: String
        let startTicks: Int64
        /// Its own user and system time.
        let nanoseconds: Int64
    }

    /// User and system time of all processors.
    var busyNanoseconds: Int64 = 0
    var stolenNanoseconds: Int64 = 0
    var processes: [Int32: Process] = [:]

    /// Reads `/proc/stat`, and `/proc/PID/stat` of every process that this one may see.
    static func now() -> MachineSample {
        var sample = MachineSample(stat: ProcFile.text("/proc/stat") ?? "")
        for id in ProcFile.names(in: "/proc").compactMap({ Int32($0) }) {
            guard let text = ProcFile.text("/proc/\(id)/stat"),
                let status = ProcessStatus(stat: text)
            else { continue }
            sample.processes[id] = Process(
                name: status.name,
                startTicks: status.startTicks,
                nanoseconds: status.ownTicks * ProcFile.nanosecondsPerTick
            )
        }
        return sample
    }

    /// The first line is the sum of all processors: user, nice, system, idle, iowait, irq, softirq, steal.
    init(stat text: String) {
        let line = text.prefix { $0 != "\n" }
        let ticks = line.split(separator: " ").dropFirst().map { Int64($0) ?? 0 }
        guard line.hasPrefix("cpu "), ticks.count >= 8 else { return }
        busyNanoseconds = ticks[0...2].reduce(0, +) * ProcFile.nanosecondsPerTick
        stolenNanoseconds = ticks[7] * ProcFile.nanosecondsPerTick
    }
}
