import Settings

extension LoadedConfiguration {
    /// Adds findings about the files with passwords by which redirect targets are learned. One that
    /// cannot be read is only a warning: the configuration may be checked elsewhere, or by another user.
    package mutating func checkLearningFiles() {
        for service in configuration?.topology.services ?? [] {
            guard let path = service.redirects.learning?.passwordFile else { continue }
            do throws(PasswordFileError) {
                _ = try PasswordFile(path: path).read()
            } catch {
                findings.append(
                    ConfigurationFinding(
                        .warning,
                        path: "redirects.learn.passwordFile",
                        message: "\(service.id): \(error)"
                    )
                )
            }
        }
    }
}
