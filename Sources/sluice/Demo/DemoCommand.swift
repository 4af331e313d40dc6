public import ArgumentParser
import Control
import FoundationEssentials
import Glibc
import Logging
import SampleWarehouse
import Sockets
import Text
import Time
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
        let file = try folder.write(gateway.configuration, to: "sluice.yaml")
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup { group in
            group.addTask {
                for await _ in starts {
                    await welcome(to: backends, rowsFile: rows)
                    if backends.mysql.isSample {
                        await SampleClient.run(DemoVisitors(ports: ports).clients)
                    }
                }
            }
            defer { group.cancelAll() }
            try await GatewayService(.file(path: file)) { start.yield() }.run()
        }
    }

    private func welcome(to backends: DemoBackends, rowsFile: String) async {
        let banner = DemoBanner(
            ports: ports,
            backends: backends,
            program: CommandLine.arguments.first ?? "sluice",
            rowsFile: rowsFile,
            // `try?`: without a key, one signs in by the account that every gateway makes.
            key: try? await makeKey()
        )
        StandardOutput.printIfPossible("\(banner)")
    }

    private struct NewKey: Decodable, Sendable {
        let secret: String
    }

    /// A key for the console, by the local socket.
    private func makeKey() async throws -> String {
        let socket = ManagementSocket.standardPath(
            for: DemoPorts.loopback(ports.managementPort),
            user: ProcessUser.current,
            environment: ProcessInfo.processInfo.environment
        )
        let request = ManagementRequest(
            .post,
            "v1/keys",
            body: [
                "name": "demo", "role": "administer",
                "expiresAt": .string(
                    UnixTime(seconds: UnixTime.systemTime.seconds + 12 * 3_600).rfc3339
                ),
            ]
        )
        let client = ManagementClient(ManagementTarget(socket: socket))
        let answer: ManagementClient.Answer<NewKey> = try await client.send(request)
        return answer.value.secret
    }
}

/// `192.0.2.1:9030`, `[2001:db8::1]:9030` or `name:9030` on the command line.
extension BackendAddress: ExpressibleByArgument {
    package init?(argument: String) { self.init(written: argument) }
}
