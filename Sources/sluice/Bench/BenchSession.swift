import Addresses
import ArgumentParser
import CIDRTrie
import Core
import Foundation
import LoadTesting
import Sockets

/// One command's runs, from its arguments to its report.
struct BenchSession {
    let targets: BenchTargets
    let options: BenchOptions
    let output: ReportOptions
    /// `http`, `mysql`, `tcp`, `connect` or `idle`.
    let name: String
    /// What one operation is called.
    let operation: String

    /// Runs every round against every target and shows what came of it.
    ///
    /// - Parameter workload: what to ask of a target.
    /// - Throws: exit code 1 where nothing succeeded, or the system gives no more.
    func run(_ workload: (NamedTarget) throws -> Workload) throws {
        let places = targets.all
        try output.check(against: places)
        let plan = options.plan(clients: try options.clientAddresses())
        let addresses = try places.map { try resolve($0) }
        let workloads = try places.map(workload)
        let interrupt = Interrupt()
        let date = UnixTime(seconds: Clock.realtimeMicroseconds() / 1_000_000).rfc3339
        var rounds = zip(places, addresses).map { TargetRounds(name: $0.name, address: "\($1)") }
        for round in 0..<roundCount {
            for index in order(ofRound: round, targetCount: places.count)
            where !interrupt.flag.isSet {
                let run = LoadRun(
                    workloads[index],
                    on: addresses[index],
                    plan: plan,
                    stoppingWhen: { [flag = interrupt.flag] in flag.isSet }
                )
                let processes = try output.watched(for: places[index])
                rounds[index].append(try measure(run, processes, round, places[index]))
            }
        }
        let setting = setting(plan)
        let report = BenchReport(
            version: "sluice \(Version.current)",
            date: date,
            setting: setting,
            targets: rounds
        )
        try output.publish(report)
        if !report.isMeaningful { throw ExitCode.failure }
    }

    private var roundCount: Int { options.rounds ?? (targets.compare.isEmpty ? 1 : 5) }

    private func measure(
        _ run: LoadRun,
        _ processes: [WatchedProcess],
        _ round: Int,
        _ target: NamedTarget
    ) throws -> MeasuredRun {
        let place = roundCount > 1 ? "round \(round + 1) of \(roundCount), \(target.name): " : ""
        var progress = BenchProgress(place: place, operations: "operations")
        defer { progress.end() }
        do throws(SystemError) {
            return try MeasuredRun(run, watching: processes) { progress.show($0) }
        } catch {
            StandardError.print("sluice: the system refuses an epoll set: \(error)")
            throw ExitCode.failure
        }
    }

    /// - Throws: exit code 1 where the name has no address; why stands on standard error.
    private func resolve(_ target: NamedTarget) throws -> SocketAddress {
        switch target.address.host {
        case .ip(let ip):
            return SocketAddress(ip, port: target.address.port)
        case .name(let name):
            do throws(Resolver.Failure) {
                if let first = try Resolver.addresses(of: name).first {
                    return SocketAddress(first, port: target.address.port)
                }
                StandardError.print("sluice: \(name): the name has no address")
            } catch {
                StandardError.print("sluice: \(name): \(error)")
            }
            throw ExitCode.failure
        }
    }

    private func setting(_ plan: LoadPlan) -> BenchReport.Setting {
        BenchReport.Setting(
            workload: name,
            operation: operation,
            plan: plan,
            rounds: roundCount
        )
    }
}
