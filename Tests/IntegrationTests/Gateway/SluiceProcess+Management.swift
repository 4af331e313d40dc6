import Foundation
import Glibc

extension SluiceProcess {
    typealias Answer = ManagementClient.Answer

    /// Asks for a page: the API over the local socket, as a user of this machine; what is open to all
    /// at the management address.
    func get(_ path: String) throws -> Answer {
        try (path.hasPrefix("/v1/") ? localClient() : remoteClient()).get(path)
    }

    /// A client at the management address.
    func remoteClient(key: String? = nil) throws -> ManagementClient {
        try ManagementClient(to: management, key: key)
    }

    /// A client over the local socket.
    func localClient() throws -> ManagementClient {
        try ManagementClient(toSocketAt: socketPath, of: management)
    }

    /// The local socket, where docs/management-api.md says that it is.
    var socketPath: String {
        let name = "\(management.host)-\(management.port).sock"
        if getuid() == 0 { return "/run/sluice/\(name)" }
        let runtime = ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"]
        return runtime.map { "\($0)/sluice/\(name)" } ?? "/tmp/sluice-\(getuid())/\(name)"
    }

    func metrics() throws -> Exposition {
        try Exposition(try get("/metrics").body)
    }

    /// The value of a metric without labels.
    func metric(_ name: String) throws -> Double {
        guard let sample = try metrics().samples.first(where: { $0.name == name }) else {
            throw HarnessError("no \(name)")
        }
        return sample.value
    }

    /// Whether the last reload did what it was asked for.
    func reloadSucceeded() throws -> Bool {
        try metric("sluice_configuration_last_reload_successful") == 1
    }

    /// Goes up by one with each configuration that was put in force.
    func generation() throws -> Int {
        try status().generation
    }

    /// The keys of `/v1/status` on which these tests rely.
    struct Status: Decodable {
        var generation: Int
        var activeConnections: Int
        var acceptPauses: Int
        var listeners: [Listener]

        struct Listener: Decodable {
            var warehouse: String?
            var address: String
            var routes: [String]
            var activeConnections: Int
            var accepted: Int
            var admitted: Int
            var backends: [Backend]
        }

        struct Backend: Decodable {
            var name: String
            var health: String
            var connectFailures: Int
            var lastFailure: String?
        }
    }

    func status() throws -> Status { try get("/v1/status").data() }

    /// A backend in the status, at whichever listener.
    ///
    /// - Parameter name: as configured.
    func backend(_ name: String) throws -> Status.Backend? {
        try status().listeners.flatMap(\.backends).first { $0.name == name }
    }

    /// A backend's health in the status, at whichever listener.
    func health(of backend: Endpoint) throws -> String? {
        try self.backend(backend.description)?.health
    }

    func waitUntil(_ backend: Endpoint, is health: String) throws {
        try wait(for: "\(backend) to be \(health)") { try self.health(of: backend) == health }
    }
}
