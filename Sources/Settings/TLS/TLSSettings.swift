package import Traffic

/// TLS that ends at the gateway: the gateway's own settings, or those of a listener that has some.
///
///     tls:
///       certificates: [ { certificate: gw.pem, key: gw.key } ]
///       minimumVersion: "1.2"
///       clientCertificates: { mode: required, authorities: ca.pem }
package struct TLSSettings: Hashable, Sendable {
    /// Whether clients must show a certificate, and whose.
    package struct ClientCertificates: Hashable, Sendable {
        package enum Mode: String, Hashable, Sendable, CaseIterable {
            case off, optional, required
        }

        package var mode = Mode.off
        /// The path of the authorities' certificates; not `nil` unless the mode is `off`.
        package var authorities: String?
        /// The path of their revocation lists.
        package var revocations: String?

        package init() {}
    }

    /// By the names in them; the first is shown for every other name.
    package var certificates: [CertificateFiles] = []
    package var minimumVersion = TLSSession.Version.tls12
    /// Of TLS 1.2, in OpenSSL's spelling; `nil` for the standard ones.
    package var ciphers: String?
    /// Of TLS 1.3, in OpenSSL's spelling; `nil` for the standard ones.
    package var cipherSuites: String?
    package var clientCertificates = ClientCertificates()
    /// Whether clients receive tickets to resume their sessions with.
    package var resumesSessions = true

    package init() {}
}

/// A listener's TLS.
package struct ListenerTLS: Hashable, Sendable {
    package enum Mode: Hashable, Sendable {
        /// Clients may use it.
        case offered
        /// Others are denied.
        case required
    }

    package var mode: Mode
    package var settings: TLSSettings

    package init(_ mode: Mode, _ settings: TLSSettings) {
        self.mode = mode
        self.settings = settings
    }
}

/// TLS towards a service's backends, or the servers that their redirects lead to.
package struct BackendTLSSettings: Hashable, Sendable {
    /// Whether the backend's certificate must be valid for its name.
    package var verifies = true
    /// The path of the authorities' certificates; `nil` for the system's.
    package var authorities: String?
    /// Sent and verified instead of the backend's own name.
    package var serverName: String?
    /// Shown to backends that ask for one.
    package var certificate: CertificateFiles?
    package var minimumVersion = TLSSession.Version.tls12

    package init() {}
}

/// The content of the files that TLS settings name, by path. Never printed.
package struct TLSFiles: Hashable, Sendable {
    private var contents: [String: [UInt8]] = [:]

    package init() {}

    package subscript(path: String) -> [UInt8]? {
        get { contents[path] }
        set { contents[path] = newValue }
    }

    /// The paths of files that are other than in `before`, or new, in alphabetical order.
    package func changes(since before: TLSFiles) -> [String] {
        contents.filter { before.contents[$0.key] != $0.value }.keys.sorted()
    }
}

extension TLSFiles: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(contents.count) files" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

// MARK: - The files of a topology

extension Topology {
    /// Each TLS file that is named, once, with the key path of the first place that names it.
    package var tlsFiles: [NamedTLSFile] {
        var files: [NamedTLSFile] = []
        var known: [String: Int] = [:]
        func add(_ path: String?, _ kind: NamedTLSFile.Kind, of owner: String) {
            guard let path else { return }
            if let index = known[path] {
                // Of a file that has both, the key is what must be kept secret.
                if kind == .key { files[index].kind = .key }
                return
            }
            known[path] = files.count
            files.append(NamedTLSFile(path: path, kind: kind, owner: owner))
        }
        func add(_ pair: CertificateFiles?, of owner: String) {
            add(pair?.certificate, .certificate, of: owner)
            add(pair?.key, .key, of: owner)
        }
        for listener in listeners {
            guard let settings = listener.tls?.settings else { continue }
            let owner = "listener \(listener.address)"
            for pair in settings.certificates { add(pair, of: owner) }
            let ofRoutes = listener.routes.compactMap(\.clientCertificates)
            for clients in [settings.clientCertificates] + ofRoutes {
                add(clients.authorities, .certificate, of: owner)
                add(clients.revocations, .revocations, of: owner)
            }
        }
        for service in services {
            for settings in service.clientTLS {
                add(settings.authorities, .certificate, of: "service \(service.id)")
                add(settings.certificate, of: "service \(service.id)")
            }
        }
        add(acme?.authorityFile, .certificate, of: "tls.acme")
        return files
    }

    /// Replaces each path that TLS settings name.
    package mutating func mapTLSPaths(_ transform: (String) -> String) {
        for index in listeners.indices {
            listeners[index].tls?.settings.mapPaths(transform)
            for route in listeners[index].routes.indices {
                listeners[index].routes[route].service.tls?.mapPaths(transform)
                listeners[index].routes[route].service.redirects.tls?.mapPaths(transform)
                listeners[index].routes[route].clientCertificates?.mapPaths(transform)
            }
        }
        for index in unroutedTeachers.indices { unroutedTeachers[index].tls?.mapPaths(transform) }
    }
}

/// A file that TLS settings name.
package struct NamedTLSFile: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case certificate, key, revocations }

    package var path: String
    package var kind: Kind
    /// What names it, for messages.
    package var owner: String
}

extension TLSSettings {
    fileprivate mutating func mapPaths(_ transform: (String) -> String) {
        for index in certificates.indices { certificates[index].mapPaths(transform) }
        clientCertificates.mapPaths(transform)
    }
}

extension TLSSettings.ClientCertificates {
    fileprivate mutating func mapPaths(_ transform: (String) -> String) {
        authorities = authorities.map(transform)
        revocations = revocations.map(transform)
    }
}

extension BackendTLSSettings {
    fileprivate mutating func mapPaths(_ transform: (String) -> String) {
        authorities = authorities.map(transform)
        certificate?.mapPaths(transform)
    }
}

extension CertificateFiles {
    fileprivate mutating func mapPaths(_ transform: (String) -> String) {
        certificate = transform(certificate)
        key = transform(key)
    }
}
