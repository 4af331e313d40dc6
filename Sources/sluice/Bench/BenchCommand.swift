import ArgumentParser
import Dispatch
import Glibc
import Sockets
import Synchronization

/// `sluice bench`: load tests of gateways and warehouses.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Load-test a gateway or a warehouse.",
        discussion: """
            Without --rate, each connection begins its next operation when the previous one is \
            answered (closed loop). With --rate, operations are due at fixed times and latency counts \
            from when they were due (open loop), which shows how a stall affects every client that \
            arrives meanwhile. --compare runs several targets in turn, round by round, so that noise \
            on the machine affects all of them.

            Raise the gateway's limits for the test: by default it limits connections and the connect \
            rate per source. Only test systems that you are responsible for. The exit code is 1 if \
            more than --max-error-rate failed.
            """,
        subcommands: [
            HTTPBenchCommand.self, MySQLBenchCommand.self, TCPBenchCommand.self,
            ConnectBenchCommand.self, IdleBenchCommand.self,
        ]
    )
}

/// Usage errors detected only while a command runs: a file or a process that does not exist.
enum BenchUsage {
    /// Runs `body`; prints a usage error and the usage of `command` itself.
    ///
    /// - Throws: exit code 64 instead of a `ValidationError`, for which the parser would print the
    ///   usage of the whole program; every other error unchanged.
    static func checked<Outcome>(
        _ command: any ParsableCommand.Type,
        _ body: () throws -> Outcome
    ) throws -> Outcome {
        do {
            return try body()
        } catch let error as ValidationError {
            let name = "sluice bench \(command.configuration.commandName ?? "")"
            StandardError.print(
                lines: """
                    Error: \(error)
                    Usage: \(Sluice.usageString(for: command))
                      See '\(name) --help' for more information.
                    """
            )
            throw ExitCode.validationFailure
        }
    }
}

/// A file named on the command line, or a pipe such as `<(…)`, which has no size.
enum InputFile {
    /// The whole content.
    ///
    /// - Parameter option: the option that names the file, for the message.
    static func content(of path: String, for option: String) throws -> [UInt8] {
        do {
            return try File(reading: path).readToEnd()
        } catch {
            throw ValidationError("\(option) \(path): \(error).")
        }
    }
}

/// Catches Ctrl-C, so that what was measured so far is reported. A second one ends the program.
final class Interrupt {
    /// Whether Ctrl-C was pressed.
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
