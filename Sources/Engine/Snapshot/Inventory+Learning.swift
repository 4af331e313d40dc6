import Policy
import Settings
import Traffic

// MARK: - What front ends list

extension Inventory {
    /// Which services learn where their redirects may lead, and from whom.
    var lessons: [Lesson] {
        topology.services.compactMap { service in
            guard let learning = service.redirects.learning else { return nil }
            let backends = frontEnds(of: service, for: learning.source)
            // Their names may still be being resolved.
            guard !backends.isEmpty else { return nil }
            return Lesson(service: service.id, learning: learning, backends: backends)
        }
    }

    private func frontEnds(of service: Service, for source: RedirectSettings.Learning.Source)
        -> [Backend]
    {
        let services =
            switch source {
            case .http: [service]
            case .mysql:
                topology.services.filter {
                    $0.id.warehouse == service.id.warehouse && $0.id.protocol == .mysql
                        && !$0.isForeign
                }
            }
        return services.flatMap { pools[$0.id]?.pool.members ?? [] }.map(\.backend)
    }

    /// All names that are to be resolved, as configured and as learned.
    var backendNames: (configured: Set<String>, learned: Set<String>) {
        (topology.backendNames, Set(learnedTargets.values.joined().compactMap(\.name)))
    }

    /// - Returns: whether the service still learns.
    mutating func learn(_ places: [BackendAddress], of service: Service.ID) -> Bool {
        guard
            topology.services.contains(where: { $0.id == service && $0.redirects.learning != nil })
        else { return false }
        learnedTargets[service] = places
        return true
    }

    /// Drops what was learned for services that no longer learn.
    mutating func forgetLearned() {
        let learning = Set(
            topology.services.filter { $0.redirects.learning != nil }.map(\.id)
        )
        learnedTargets = learnedTargets.filter { learning.contains($0.key) }
    }
}
