import FoundationEssentials
import Settings
import Time

extension LoadedConfiguration {
    /// Adds findings about the files that are read only when they are needed. One that cannot be read
    /// is only a warning: the configuration may be checked elsewhere, or by another user.
    ///
    /// - Parameter tree: the file that was loaded.
    mutating func tryFiles(namedIn tree: ConfigurationNode, now: UnixTime) {
        guard let topology = configuration?.topology else { return }
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
        var trial = FileTrial(tree: tree)
        trial.tryCertificate(of: topology.management, now: now)
        if let singleSignOn = topology.management.singleSignOn {
            let keys = ["management", "singleSignOn"]
            if let path = singleSignOn.clientSecretFile {
                trial.warn(PasswordFile.problem(of: path), at: keys + ["clientSecretFile"])
            }
            if let path = singleSignOn.authorityFile,
                !FileManager.default.isReadableFile(atPath: path)
            {
                trial.warn("cannot read \(path)", at: keys + ["ca"])
            }
        }
        if let path = topology.names?.update?.keyFile {
            trial.warn(TSIGKeyFile.problem(of: path), at: ["dns", "update", "keyFile"])
        }
        trial.tryPasswordFiles(at: ["adminLogin", "passwordFile"], in: folder)
        trial.tryPasswordFiles(at: ["redirects", "learn", "passwordFile"], in: folder)
        findings = trial.findings.merged(into: findings)
        if trial.findings.contains(where: { $0.severity == .error }) {
            (configuration, self.topology) = (nil, nil)
        }
    }
}

/// What is found when the files are tried.
private struct FileTrial {
    let tree: ConfigurationNode
    var findings: [ConfigurationFinding] = []

    mutating func tryCertificate(of management: ManagementSettings, now: UnixTime) {
        guard case .files(let files) = management.tls else { return }
        let keys = ["management", "tls"]
        do throws(CertificateError) {
            let certificate = try ServerCertificate(files, isSelfSigned: false)
            warn(certificate.doubt(at: now), at: keys)
        } catch .unreadable(let path, let reason) {
            warn("\(CertificateError.unreadable(path: path, reason: reason))", at: keys)
        } catch {
            report(.error, "\(error)", at: keys)
        }
    }

    /// The files with passwords that are named wherever a path of keys ends in these.
    mutating func tryPasswordFiles(at keys: [String], in folder: URL) {
        for (path, node) in tree.values(endingIn: keys) {
            guard case .scalar(let name) = node.content else { continue }
            let file = URL(fileURLWithPath: name, relativeTo: folder).path
            guard let problem = PasswordFile.problem(of: file) else { continue }
            findings.append(
                ConfigurationFinding(.warning, at: node.position, path: path, message: problem)
            )
        }
    }

    mutating func warn(_ message: String?, at keys: [String]) {
        if let message { report(.warning, message, at: keys) }
    }

    private mutating func report(
        _ severity: ConfigurationFinding.Severity,
        _ message: String,
        at keys: [String]
    ) {
        findings.append(
            ConfigurationFinding(
                severity,
                at: tree.value(at: keys)?.position,
                path: keys.joined(separator: "."),
                message: message
            )
        )
    }
}

extension PasswordFile {
    /// Why the file at `path` cannot be used; `nil` if it can.
    fileprivate static func problem(of path: String) -> String? {
        message(of: { _ = try PasswordFile(path: path).read() })
    }
}

extension TSIGKeyFile {
    /// Why the file at `path` cannot be used; `nil` if it can.
    fileprivate static func problem(of path: String) -> String? {
        message(of: { _ = try TSIGKeyFile(path: path).read() })
    }
}

/// The words of the error that `body` throws.
private func message(of body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return "\(error)"
    }
}

extension ConfigurationNode {
    /// The values to which a path of keys leads that ends in these, with the whole path, as findings
    /// show it.
    fileprivate func values(endingIn keys: [String], path: String = "", matched: Int = 0)
        -> [(path: String, node: ConfigurationNode)]
    {
        if matched == keys.count { return [(path, self)] }
        switch content {
        case .mapping(let entries):
            return entries.flatMap { entry in
                let isNext = entry.key == keys[matched]
                let isFirst = entry.key == keys[0]
                return entry.value.values(
                    endingIn: keys,
                    path: path.isEmpty ? entry.key : "\(path).\(entry.key)",
                    matched: isNext ? matched + 1 : isFirst ? 1 : 0
                )
            }
        case .sequence(let nodes):
            return nodes.enumerated().flatMap { index, node in
                node.values(endingIn: keys, path: "\(path)[\(index)]")
            }
        case .scalar, .empty:
            return []
        }
    }
}
