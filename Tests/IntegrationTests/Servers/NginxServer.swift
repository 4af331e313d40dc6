/// A real nginx, as an HTTP server.
final class NginxServer: Sendable {
    let endpoint: Endpoint
    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// - Parameters:
    ///   - listen: what follows the address in the `listen` directive.
    ///   - directives: the inside of the `server` block.
    init(
        host: String = "127.0.0.1",
        listen: String = "",
        _ directives: String = #"return 200 "hello from nginx\n";"#
    ) throws {
        endpoint = try .free(host)
        folder = try TemporaryFolder()
        let file = try folder.write(
            """
            user root;
            daemon off;
            master_process off;
            pid \(folder.path)/pid;
            events { worker_connections 1024; }
            http {
                access_log off;
                client_body_temp_path \(folder.path)/body;
                proxy_temp_path \(folder.path)/proxy;
                fastcgi_temp_path \(folder.path)/fastcgi;
                uwsgi_temp_path \(folder.path)/uwsgi;
                scgi_temp_path \(folder.path)/scgi;
                default_type text/plain;
                server { listen \(endpoint) \(listen); root \(folder.path); \(directives) }
            }
            """,
            to: "nginx.conf"
        )
        process = try ChildProcess(
            "nginx",
            ["-e", "stderr", "-p", folder.path, "-c", file],
            folder: folder
        )
        try process.waitUntilListening(at: endpoint)
    }
}

/// A real nginx that relays TCP and sends a PROXY header of version 1 (ngx_stream_proxy_module).
final class NginxStream: Sendable {
    let endpoint: Endpoint
    private let folder: TemporaryFolder
    private let process: ChildProcess

    init(to backend: Endpoint, host: String = "127.0.0.1") throws {
        endpoint = try .free(host)
        folder = try TemporaryFolder()
        let file = try folder.write(
            """
            load_module /usr/lib/nginx/modules/ngx_stream_module.so;
            user root;
            daemon off;
            master_process off;
            pid \(folder.path)/pid;
            events { worker_connections 1024; }
            stream {
                server { listen \(endpoint); proxy_pass \(backend); proxy_protocol on; }
            }
            """,
            to: "nginx.conf"
        )
        process = try ChildProcess(
            "nginx",
            ["-e", "stderr", "-p", folder.path, "-c", file],
            folder: folder
        )
        try process.waitUntilListening(at: endpoint)
    }
}
