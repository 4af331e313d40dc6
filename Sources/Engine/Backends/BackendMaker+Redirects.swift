import Addresses
import Policy
import Settings
import Sockets
import Traffic

// MARK: - Where redirects may lead

extension BackendMaker {
    /// The servers that redirects of the service's backends may lead to.
    ///
    /// - Parameters:
    ///   - pool: the service's own backends.
    ///   - learned: what its front ends list.
    mutating func makeRedirects(
        of service: Service,
        in pool: BackendPool,
        learned: [BackendAddress]
    ) -> RedirectTargets {
        // What is in somebody else's network, or is not read, leads nowhere.
        guard service.id.protocol == .http, !service.isForeign else { return RedirectTargets() }
        let members = pool.members.map(\.backend)
        let own = Dictionary(grouping: members, by: \.key.name).map { name, backends in
            RedirectTargets.Entry(place: name, backends: backends, reason: nil)
        }
        var targets: [RedirectTargets.Entry] = []
        for target in service.redirects.targets {
            targets.append(makeEntry(target, isLearned: false, members, of: service))
        }
        // What is configured as well is used as configured.
        let configured = Set(service.redirects.targets).union(members.map(\.key.name))
        for target in learned where !configured.contains(target) {
            targets.append(makeEntry(target, isLearned: true, members, of: service))
        }
        return RedirectTargets(own + targets, listener: service.id.listener)
    }

    private mutating func makeEntry(
        _ target: BackendAddress,
        isLearned: Bool,
        _ members: [Backend],
        of service: Service
    ) -> RedirectTargets.Entry {
        let location = names[target]
        var backends: [Backend] = []
        var reason = location.reason
        for address in location.addresses {
            let refusal =
                isLearned
                ? learnedRefusal(of: address, of: service)
                : refusal(of: address, for: target, of: service)
            if let refusal {
                let words = isLearned ? refusal.words(forLearned: target) : "\(refusal)"
                reportOnce(words, of: address, for: target)
                reason = "\(address.ip) is not used: it is \(words)"
            } else if let member = members.first(where: { $0.address == address }) {
                backends.append(member)
            } else {
                let key = BackendKey(redirectsOf: service, to: target, address: address)
                backends.append(backend(key))
            }
        }
        return RedirectTargets.Entry(place: target, backends: backends, reason: reason)
    }

    /// What a front end lists is trusted as little as what a name resolves to, whether it is a name
    /// or an address. It may be on a machine with a front end, but not where another warehouse is.
    private func learnedRefusal(of address: SocketAddress, of service: Service)
        -> BackendAddressPolicy.Refusal?
    {
        let name = BackendAddress(host: .name("learned"), port: address.port)
        let refusal = policy.refusal(
            of: address,
            for: name,
            isThisMachine: Routing.isThisMachine
        )
        return refusal ?? listedRefusal(of: address.ip, for: service.id.warehouse)
    }
}
