public import ArgumentParser
import Control
import Glibc
import Logging
import SampleWarehouse
import Traffic

/// `sluice demo`: a gateway in front of a sample warehouse, to try.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Try a gateway in front of a sample warehouse, or of your own.",
        discussion: """
            Everything listens on 127.0.0.1. The sample warehouse serves as each backend that is not \
            given. Press Ctrl-C to stop; all temporary files are removed.
            """
    )

    @OptionGroup var ports: DemoPorts

    @Option(help: "MySQL address of your warehouse (host:port), instead of the sample.")
    var mysqlBackend: BackendAddress?

    @Option(help: "HTTP address of your warehouse (host:port), instead of the sample.")
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

    /// Runs the sample warehouse while `body` runs, if it is one of the backends.
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
            // The access log follows, unbuffered: it must not overtake this in a pipe or file.
            StandardOutput.printIfPossible("\(banner)")
        }.run()
    }
}

/// `192.0.2.1:9030`, `[2001:db8::1]:9030` or `name:9030` on the command line.
extension BackendAddress: ExpressibleByArgument {
    package init?(argument: String) { self.init(written: argument) }
}
