import Addresses
import Glibc
import Policy
import Settings
import Sockets
import Synchronization

@testable import Control
@testable import Engine

/// Obeys at once, or when it is told to.
final class FakeGateway: PolicyEnforcing {
    let enforced = Mutex<[Policy]>([])
    let reloads = Mutex<[GatewayConfiguration]>([])
    let refusal = Mutex<PolicyRejection?>(nil)
    /// Addresses that another program has.
    let taken = Mutex<Set<SocketAddress>>([])
    let adoptions = Mutex<[Adoption]>([])
    private let obeysAtOnce: Bool

    init(obeysAtOnce: Bool = true) {
        self.obeysAtOnce = obeysAtOnce
    }

    /// Obeys everything that waits.
    func obey() {
        adoptions.withLock { $0.forEach { $0.shardHasAdopted() } }
    }

    private func adoption() throws(PolicyRejection) -> Adoption {
        if let refusal = refusal.withLock({ $0 }) { throw refusal }
        let adoption = Adoption(of: 1, by: 1)
        if obeysAtOnce { adoption.shardHasAdopted() }
        adoptions.withLock { $0.append(adoption) }
        return adoption
    }

    func reload(to configuration: GatewayConfiguration) throws(PolicyRejection) -> Adoption {
        let taken = taken.withLock { $0 }
        let blocked = configuration.topology.listeners.map(\.address).first(where: taken.contains)
        if let blocked {
            throw .gateway(.cannotListen(blocked, ListenFailure(SystemError(code: EADDRINUSE))))
        }
        let adoption = try adoption()
        reloads.withLock { $0.append(configuration) }
        return adoption
    }

    func enforce(_ policy: Policy) throws(PolicyRejection) -> Adoption {
        let adoption = try adoption()
        enforced.withLock { $0.append(policy) }
        return adoption
    }
}
