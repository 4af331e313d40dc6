package import FoundationEssentials
package import Settings

extension ACMESettings {
    /// Makes paths absolute, relative to the configuration file's folder, and finds a place for what
    /// was obtained, unless one is configured: beside the store, else in the folder of the gateway's
    /// state, else nowhere.
    ///
    /// - Parameters:
    ///   - store: its path, absolute.
    ///   - state: the folder that systemd has made (StateDirectory=, systemd.exec(5)).
    package mutating func resolvePaths(in base: URL, store: String?, state: String?) {
        func absolute(_ path: String) -> String {
            URL(fileURLWithPath: path, relativeTo: base).path
        }
        authorityFile = authorityFile.map(absolute)
        externalAccount = externalAccount.map { account in
            ExternalAccount(keyID: account.keyID, keyFile: absolute(account.keyFile))
        }
        let home = store.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path } ?? state
        folder = folder.map(absolute) ?? home.map { "\($0)/certificates" }
    }
}
