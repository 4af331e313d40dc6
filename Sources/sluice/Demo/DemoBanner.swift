import Addresses
import Operations

/// What the demo prints when it is ready: how to connect, what to try, where to look.
struct DemoBanner: CustomStringConvertible {
    var ports: DemoPorts
    var backends: DemoBackends
    /// How a shell starts this program, which may not be on the path.
    var program: String
    /// The path of a small file to load.
    var rowsFile: String
    /// Signs in to the console; `nil` if it could not be made.
    var key: String?

    var description: String {
        """

        \(headline)

          console      \(console)
          MySQL        \(mysqlExamples.mysqlCommand(port: ports.mysqlPort))
          JDBC         \(mysqlExamples.jdbcURL(port: ports.mysqlPort))
          HTTP         \(httpExamples.httpURL(port: ports.httpPort))
          stream load  \(streamLoad)

        The whitelist allows this machine, except \(denied). To see a denial:

          curl -i --interface \(denied) \(httpExamples.httpURL(port: ports.httpPort))
          curl -s --interface \(denied) telnet://127.0.0.1:\(ports.mysqlPort) --output -

        To see what the gateway does:

          \(program) status\(managementOption)
          curl \(management)/metrics

        Each connection is logged below as a line of JSON. Press Ctrl-C to stop.

        """
    }

    private var console: String {
        "\(management)/console" + (key.map { "/sign-in#key=\($0)" } ?? "")
    }

    private var headline: String {
        switch (backends.mysql.isSample, backends.http.isSample) {
        case (true, true): "Sluice is ready, in front of a sample warehouse. To connect:"
        case (false, false): "Sluice is ready, in front of your warehouse. To connect:"
        default: "Sluice is ready, in front of your warehouse and a sample. To connect:"
        }
    }

    private var streamLoad: String {
        httpExamples.streamLoadCommand(
            port: ports.httpPort,
            table: backends.http.isSample ? "events" : "TABLE",
            file: rowsFile
        )
    }

    private var mysqlExamples: ConnectionExamples {
        backends.mysql.isSample
            ? ConnectionExamples(host: "127.0.0.1", user: "demo", database: "tpch")
            : ConnectionExamples(host: "127.0.0.1", user: "root")
    }

    private var httpExamples: ConnectionExamples {
        backends.http.isSample
            ? ConnectionExamples(host: "127.0.0.1", user: "demo", database: "demo")
            : ConnectionExamples(host: "127.0.0.1", user: "root", database: "DATABASE")
    }

    private var denied: String { DemoGateway.deniedAddress }

    private var management: String { "http://127.0.0.1:\(ports.managementPort)" }

    /// The option that `sluice status` needs if the port is not its default.
    private var managementOption: String {
        ports.managementPort == 7080 ? "" : " --management 127.0.0.1:\(ports.managementPort)"
    }
}
