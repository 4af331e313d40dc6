/// A real Unbound that asks one server about one zone.
final class UnboundResolver: Sendable {
    let endpoint: Endpoint
    private let folder: TemporaryFolder
    private let process: ChildProcess

    init(_ zone: String, at server: Endpoint) throws {
        endpoint = try .free()
        folder = try TemporaryFolder()
        let file = try folder.write(
            """
            server:
                directory: "\(folder.path)"
                chroot: ""
                username: ""
                pidfile: ""
                use-syslog: no
                interface: \(endpoint.host)
                port: \(endpoint.port)
                num-threads: 1
                do-not-query-localhost: no
                module-config: "iterator"
                use-caps-for-id: yes
                local-zone: "\(zone)" nodefault
            remote-control:
                control-enable: no
            stub-zone:
                name: "\(zone)"
                stub-addr: \(server.host)@\(server.port)
            """,
            to: "unbound.conf"
        )
        process = try ChildProcess("unbound", ["-d", "-c", file], folder: folder)
        try process.waitUntilListening(at: endpoint)
    }
}
