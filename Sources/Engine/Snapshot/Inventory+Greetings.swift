import Operations
import Settings
import Traffic

// MARK: - What MySQL clients are greeted with

extension Inventory {
    /// How a listener greets its clients: as what all backends behind it have in common, as far as
    /// their health checks know.
    func greetingTerms(of listener: Listener, _ settings: MySQLGreetingSettings)
        -> MySQLGreetingTerms
    {
        let backends = listener.routes.flatMap { pools[$0.service.id]?.pool.members ?? [] }
        let greetings = backends.compactMap(\.backend.greeting)
        var profile = GreetingProfile(greetings: greetings)
        if let version = settings.serverVersion {
            profile =
                profile ?? GreetingProfile(MySQLServerFamily(serverVersion: version))
            profile?.serverVersion = version
        }
        return MySQLGreetingTerms(
            // What Doris has, every server has.
            profile: profile ?? GreetingProfile(.doris),
            tls: listener.tls?.mode.greeting ?? .off,
            userSuffixes: listener.routes.compactMap(\.match.userSuffix),
            attribute: settings.attribute
        )
    }

    /// What carries the logins of a listener's clients to a service, if the gateway greets them.
    func login(of listener: Listener, to service: Service) -> (any Dialogue)? {
        guard let settings = listener.greeting else { return nil }
        return MySQLLoginDialogue(
            MySQLLoginTerms(
                backendTLS: service.tls == nil ? .off : .required,
                cipher: sharedTLS.passwordCipher
            ),
            after: greetingTerms(of: listener, settings)
        )
    }
}

// MARK: - What backends lack of it

extension Inventory {
    /// Compares each backend's own greeting with that of the listeners that lead to it, and reports
    /// what has changed.
    mutating func compareGreetings() {
        let before = shortcomings
        shortcomings = currentShortcomings
        for (place, found) in shortcomings where before[place] != found {
            report(.backendMismatch(place, shortcomings: found))
        }
        // Those that are gone are not reported.
        for place in before.keys where shortcomings[place] == nil && isConfigured(place) {
            report(.backendMatches(place))
        }
    }

    private var currentShortcomings: [BackendPlace: [String]] {
        var found: [BackendPlace: [String]] = [:]
        for listener in topology.listeners {
            guard let settings = listener.greeting else { continue }
            let profile = greetingTerms(of: listener, settings).profile
            for service in listener.services {
                for member in pools[service.id]?.pool.members ?? [] {
                    guard let greeting = member.backend.seenGreeting else { continue }
                    let lacking = profile.shortcomings(
                        of: greeting,
                        requiresTLS: service.tls != nil
                    )
                    let place = BackendPlace(member.backend, at: listener)
                    if !lacking.isEmpty { found[place] = lacking }
                }
            }
        }
        return found
    }

    private func isConfigured(_ place: BackendPlace) -> Bool {
        topology.listeners.contains { listener in
            listener.greeting != nil && listener.address == place.listener
                && listener.services.contains { $0.id == place.service }
        }
            && pools[place.service]?.pool.members.contains { $0.backend.title == place.backend }
                == true
    }
}

extension BackendPlace {
    init(_ backend: Backend, at listener: Listener) {
        self.init(
            listener: listener.address,
            service: backend.key.service,
            backend: backend.title
        )
    }
}

extension Listener {
    /// Each that a route leads to, once.
    fileprivate var services: [Service] {
        var seen: Set<Service.ID> = []
        return routes.map(\.service).filter { seen.insert($0.id).inserted }
    }
}

extension ListenerTLS.Mode {
    fileprivate var greeting: MySQLGreetingTerms.TLS {
        switch self {
        case .offered: .offered
        case .required: .required
        }
    }
}

extension RouteMatch {
    fileprivate var userSuffix: String? {
        guard case .userSuffix(let suffix) = self else { return nil }
        return suffix
    }
}
