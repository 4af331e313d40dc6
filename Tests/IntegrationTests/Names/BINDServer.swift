/// A real BIND that has one zone.
final class BINDServer: Sendable {
    let endpoint: Endpoint
    /// The file with the key that may update the zone.
    let keyFile: String
    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// - Parameters:
    ///   - zone: the zone file.
    ///   - algorithm: of the key.
    init(_ name: String, zone: String, algorithm: String = "hmac-sha256") throws {
        endpoint = try .free()
        folder = try TemporaryFolder()
        let key = try runProgram("tsig-keygen", ["-a", algorithm, "sluice"]).output
        keyFile = try folder.write(key, to: "sluice.key")
        _ = try runProgram("chmod", ["600", keyFile])
        let file = try folder.write(zone, to: "zone")
        let configuration = try folder.write(
            """
            include "\(keyFile)";
            controls { };
            options {
                directory "\(folder.path)";
                pid-file none;
                session-keyfile none;
                listen-on port \(endpoint.port) { \(endpoint.host); };
                listen-on-v6 { none; };
                recursion no;
                dnssec-validation no;
                empty-zones-enable no;
            };
            zone "\(name)" { type primary; file "\(file)"; allow-update { key "sluice"; }; };
            """,
            to: "named.conf"
        )
        process = try ChildProcess("named", ["-g", "-c", configuration], folder: folder)
        try process.waitUntilListening(at: endpoint)
        // It listens before it has the zone.
        try wait(for: "BIND's zone; \(log)") { log.contains("all zones loaded") }
    }

    /// What it logs.
    var log: String { process.errorOutput }

    /// A zone without names.
    static func emptyZone(_ name: String) -> String {
        """
        $TTL 60
        \(name). IN SOA ns.\(name). hostmaster.\(name). 1 3600 600 604800 60
        \(name). IN NS ns.\(name).
        ns.\(name). IN A 192.0.2.53

        """
    }
}
