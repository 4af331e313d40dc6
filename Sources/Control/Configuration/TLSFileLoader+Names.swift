import Addresses
import DomainNames
import Settings
import TLS
import Traffic

extension TLSFileLoader {
    /// Warns of routes by names that no certificate of their listener has.
    ///
    /// - Parameter acme: the certificates that are obtained while the gateway runs.
    mutating func checkNames(of listener: Listener, _ acme: ACMESettings?) {
        guard let tls = listener.tls else { return }
        let shown = tls.settings.certificates.map { identities[$0] }
        // Of one that is invalid, the names are unknown.
        guard !shown.contains(where: { $0 == nil }) else { return }
        let covered =
            shown.compactMap { $0?.names }.joined() + (acme?.certificates ?? []).flatMap(\.names)
        let known = Set(covered.map { $0.lowercased() })
        let names = listener.routes.compactMap(\.match.name)
        let missing = names.filter { name in
            HostMatch.find(name) { known.contains($0) ? $0 : nil } == nil
        }
        guard !missing.isEmpty else { return }
        let more = missing.count > 3 ? " and \(missing.count - 3) more" : ""
        report(
            .warning,
            at: places[listener: listener.address],
            "no certificate of \(listener.address) is for \(missing.prefix(3).joined(separator: ", "))"
                + "\(more): clients that ask for such a name refuse the one they are shown",
            remedy: "add a certificate with these names to tls.certificates"
        )
    }
}

extension RouteMatch {
    fileprivate var name: String? {
        switch self {
        case .serverName(let name), .host(let name): name
        case .default, .endpoint, .userSuffix, .attribute, .database: nil
        }
    }
}
