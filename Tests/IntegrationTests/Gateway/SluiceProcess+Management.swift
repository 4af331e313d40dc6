import Foundation

extension SluiceProcess {
    struct Answer {
        var status: Int
        var head: String
        var body: String
    }

    /// Asks the management address, by HTTP/1.1 written by hand.
    func get(_ path: String) throws -> Answer {
        let connection = try Connection(to: management)
        try connection.send(
            "GET \(path) HTTP/1.1\r\nHost: \(management)\r\nConnection: close\r\n\r\n"
        )
        let text = String(decoding: try connection.receiveToEnd().bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n"), text.hasPrefix("HTTP/1.1 ") else {
            throw HarnessError("not an HTTP answer: \(text)")
        }
        return Answer(
            status: Int(text.dropFirst(9).prefix(3)) ?? 0,
            head: String(text[..<end.lowerBound]),
            body: String(text[end.upperBound...])
        )
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

    func status() throws -> Status {
        struct Envelope: Decodable { var data: Status }
        let body = Data(try get("/v1/status").body.utf8)
        let decoder = JSONDecoder()
        return try (try? decoder.decode(Envelope.self, from: body).data)
            ?? decoder.decode(Status.self, from: body)
    }

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
