import ArgumentParser
import Control
import Glibc
import Logging
import SampleWarehouse
import Traffic

/// `sluice demo`: a gateway to try, in front of a sample warehouse.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Try a gateway: in front of a sample warehouse, or of one of yours.",
        discussion: """
            Everything listens on 127.0.0.1. The sample warehouse takes the place of each backend \
            that is not given. Ctrl-C stops; nothing is left behind.
            """
    )

    @OptionGroup var ports: DemoPorts

    @Option(help: "A warehouse's MySQL address, as host:port, instead of the sample's.")
    var mysqlBackend: BackendAddress?

    @Option(help: "A warehouse's HTTP address, as host:port, instead of the sample's.")
    var httpBackend: BackendAddress?

    func run() async throws {
        do {
            try await TemporaryFolder.with(prefix: "sluice-demo-") { folder in
                try await withBackends { backends in
                    try await serve(backends, from: folder)
                }
            }
        } catch let error as ServiceError {
            StandardError.print(lines: "sluice: \(ports.explain(error))")
            throw ExitCode.failure
        }
    }

    /// Runs the sample warehouse beside `body`, unless nothing of it is wanted.
    private func withBackends(_ body: (DemoBackends) async throws -> Void) async throws {
        if let mysqlBackend, let httpBackend {
            return try await body(DemoBackends(mysql: .own(mysqlBackend), http: .own(httpBackend)))
        }
        var logger = Logger(label: "sample-warehouse")
        logger.logLevel = .warning
        let warehouse = SampleWarehouse(expectsProxyHeader: true, logger: logger)
        try await warehouse.run { ports in
            let backends = DemoBackends(
                mysql: mysqlBackend.map { .own($0) } ?? .sample(port: ports.mysql),
                http: httpBackend.map { .own($0) } ?? .sample(port: ports.http)
            )
            try await body(backends)
        }
    }

    private func serve(_ backends: DemoBackends, from folder: TemporaryFolder) async throws {
        let rows = try folder.write("1,view\n2,cart\n3,purchase\n", to: "rows.csv")
        let gateway = DemoGateway(ports: ports, backends: backends)
        let banner = DemoBanner(
            ports: ports,
            backends: backends,
            program: CommandLine.arguments.first ?? "sluice",
            rowsFile: rows
        )
        try await GatewayService(.fixed(gateway.configuration)) {
            StandardOutput.print("\(banner)")
            // Into a pipe or a file too: the access log follows, and is not buffered.
            fflush(nil)
        }.run()
    }
}
